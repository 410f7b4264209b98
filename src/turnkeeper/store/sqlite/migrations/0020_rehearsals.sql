-- The session as a turn found it, where there was one; and turns that are run again, which sends nothing.

create table session_before (
  workspace_id text not null, conversation_id text not null, turn_no integer not null,
  state blob not null, stage text, carried blob not null, saved_at real not null,
  primary key (workspace_id, conversation_id, turn_no)
);
create index session_before_saved on session_before (saved_at);

create table rehearsal (
  workspace_id text not null, id text not null, conversation_id text not null, turn_no integer not null,
  wanted text not null, asked_by text not null, asked_at real not null, state text not null,
  progress text not null, began_at real, ended_at real, result blob,
  primary key (workspace_id, id)
);
create index rehearsal_open on rehearsal (state, asked_at) where state in ('waiting', 'running');
create index rehearsal_asked on rehearsal (asked_at);
