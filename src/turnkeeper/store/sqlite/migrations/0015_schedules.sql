-- Flows that begin by the clock: how far each of their times has got.

create table schedule (
  workspace_id text not null, bot_id text not null, flow text not null,
  cron text not null, tag text not null, local integer not null, due_at real not null,
  reached text not null,
  primary key (workspace_id, bot_id, flow, cron, tag, local)
) without rowid;

-- The contacts of a bot that have tags.
create index fact_tags on fact (workspace_id, bot_id, contact_id) where name = 'tags';
