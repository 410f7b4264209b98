-- How fast each channel sends, and with which credentials it was refused. New columns may be left out by whoever does
-- not know them.

alter table conversation add column pair_tat double precision;
alter table outbound add column call_at double precision, add column faults integer not null default 0;

-- A channel's row changes with each batch that sends: never on an indexed column, so it stays on its page.
create table bucket (
  workspace_id text collate "C" not null, channel_id text collate "C" not null,
  tat double precision not null, tail double precision not null,
  primary key (workspace_id, channel_id)
) with (fillfactor = 20, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

create table channel_refusal (
  workspace_id text collate "C" not null, channel_id text collate "C" not null, credentials text not null,
  primary key (workspace_id, channel_id)
);

-- The previous release goes on sending its rows in the shapes that it knows.
do $$
declare name text;
begin
  foreach name in array array['conversation', 'outbound'] loop
    execute (
      select format('create type %I as (%s)', name || '_row2',
                    string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)), ', ' order by attnum))
      from pg_attribute where attrelid = name::regclass and attnum > 0 and not attisdropped
    );
  end loop;
end $$;

do $$
declare name text;
begin
  foreach name in array array['bucket', 'channel_refusal'] loop
    execute format('alter table %I enable row level security', name);
    execute format('create policy workspace on %I
                    using (workspace_id = current_setting(''turnkeeper.workspace'', true))', name);
  end loop;
end $$;

do $$
begin
  grant select on bucket to turnkeeper_api;
exception when insufficient_privilege or undefined_object then
  raise notice 'the role turnkeeper_api was given nothing';
end $$;
