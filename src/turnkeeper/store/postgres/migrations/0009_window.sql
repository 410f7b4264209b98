-- Ads open a longer window; what stood in for words outside it; timers that have a name, and that may come too late.

alter table conversation add column entry_at double precision, add column fell_back bigint not null default 0;
alter table timer add column name text not null default '', add column too_late_at double precision;

-- The previous release goes on sending its rows in the shapes that it knows.
do $$
begin
  execute (
    select format('create type conversation_row4 as (%s)',
                  string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)), ', ' order by attnum))
    from pg_attribute where attrelid = 'conversation'::regclass and attnum > 0 and not attisdropped
  );
end $$;

do $$
begin
  execute (
    select format('create type timer_row2 as (%s)',
                  string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)), ', ' order by attnum))
    from pg_attribute where attrelid = 'timer'::regclass and attnum > 0 and not attisdropped
  );
end $$;
