-- Flows that begin by the clock: how far each of their times has got.

create table schedule (
  workspace_id text collate "C" not null, bot_id text collate "C" not null, flow text collate "C" not null,
  cron text collate "C" not null, tag text collate "C" not null, local boolean not null, due_at double precision not null,
  reached text collate "C" not null,
  primary key (workspace_id, bot_id, flow, cron, tag, local)
);

-- The contacts of a bot that have tags.
create index fact_tags on fact (workspace_id, bot_id, contact_id) where name = 'tags';

alter table schedule enable row level security;
create policy workspace on schedule using (workspace_id = current_setting('turnkeeper.workspace', true));

do $$
begin
  grant select on schedule to turnkeeper_api;
exception when insufficient_privilege or undefined_object then
  raise notice 'the role turnkeeper_api was given nothing';
end $$;
