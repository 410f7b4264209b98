-- Agents: what is known of contacts, what was said long ago, prompts and their versions, what models took in a day.

create table fact (
  workspace_id text collate "C" not null, contact_id text collate "C" not null, bot_id text collate "C" not null,
  name text collate "C" not null, value bytea not null,
  conversation_id text collate "C" not null, turn_no bigint not null, at double precision not null,
  primary key (workspace_id, contact_id, bot_id, name)
);

create table summary (
  workspace_id text collate "C" not null, conversation_id text collate "C" not null, text text not null,
  up_to double precision not null, made_at double precision not null,
  primary key (workspace_id, conversation_id)
);

create table prompt (
  workspace_id text collate "C" not null, bot_id text collate "C" not null, version integer not null,
  text text not null, state text not null, created_at double precision not null,
  published_at double precision, note text not null,
  primary key (workspace_id, bot_id, version)
);
create unique index prompt_published on prompt (workspace_id, bot_id) where state = 'published';

-- Every model call rewrites its conversation's row of the day.
create table spend (
  workspace_id text collate "C" not null, conversation_id text collate "C" not null, day text collate "C" not null,
  tokens bigint not null, micros bigint not null,
  primary key (workspace_id, conversation_id, day)
) with (fillfactor = 70);
create index spend_age on spend (day);

-- The shape in which facts are sent.
do $$
begin
  execute (
    select format('create type fact_row as (%s)',
                  string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)), ', ' order by attnum))
    from pg_attribute where attrelid = 'fact'::regclass and attnum > 0
  );
end $$;

do $$
declare name text;
begin
  foreach name in array array['fact', 'summary', 'prompt', 'spend'] loop
    execute format('alter table %I enable row level security', name);
    execute format('create policy workspace on %I
                    using (workspace_id = current_setting(''turnkeeper.workspace'', true))', name);
  end loop;
end $$;

do $$
begin
  grant select on fact, summary, prompt, spend to turnkeeper_api;
exception when insufficient_privilege or undefined_object then
  raise notice 'the role turnkeeper_api was given nothing';
end $$;
