-- What was offered as numbered text, what came before the message it is about, and what a number has sent in a day.

alter table conversation add column offered bigint not null default 0, add column early bigint not null default 0;
alter table bucket add column spent bytea not null default '';

-- The previous release goes on sending its rows in the shape that it knows.
do $$
begin
  execute (
    select format('create type conversation_row3 as (%s)',
                  string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)), ', ' order by attnum))
    from pg_attribute where attrelid = 'conversation'::regclass and attnum > 0 and not attisdropped
  );
end $$;
