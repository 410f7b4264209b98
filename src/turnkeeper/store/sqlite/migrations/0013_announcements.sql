-- Our own events on their way out, and the conversations that need a person.

-- `seq` counts all of them, so that of one conversation they keep the order in which they happened.
create table announcement (
  workspace_id text not null, subscription text not null, conversation_id text not null,
  seq integer primary key autoincrement, event text not null, body blob not null,
  created_at real not null, due_at real, tries integer not null, state text not null, settled_at real, reason text
);
create index announcement_open on announcement (workspace_id, conversation_id, subscription, seq)
  where settled_at is null;
create index announcement_due on announcement (workspace_id, subscription, due_at) where due_at is not null;
create index announcement_age on announcement (created_at);

create table escalation (
  workspace_id text not null, conversation_id text not null, state text not null, reason text not null,
  turn_no integer not null, opened_at real not null, taken_at real, closed_at real,
  primary key (workspace_id, conversation_id)
) without rowid;
create index escalation_open on escalation (workspace_id, opened_at) where closed_at is null;
