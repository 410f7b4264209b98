-- The session as a turn found it, where there was one; and turns that are run again, which sends nothing.

create table session_before (
  workspace_id text collate "C" not null, conversation_id text collate "C" not null, turn_no bigint not null,
  state bytea not null, stage text, carried bytea not null, saved_at double precision not null,
  primary key (workspace_id, conversation_id, turn_no)
);
create index session_before_saved on session_before (saved_at);

create table rehearsal (
  workspace_id text collate "C" not null, id text collate "C" not null,
  conversation_id text collate "C" not null, turn_no bigint not null,
  wanted text not null, asked_by text not null, asked_at double precision not null, state text not null,
  progress text not null, began_at double precision, ended_at double precision, result bytea,
  primary key (workspace_id, id)
);
create index rehearsal_open on rehearsal (state, asked_at) where state in ('waiting', 'running');
create index rehearsal_asked on rehearsal (asked_at);

alter table session_before enable row level security;
create policy workspace on session_before using (workspace_id = current_setting('turnkeeper.workspace', true));
alter table rehearsal enable row level security;
create policy workspace on rehearsal using (workspace_id = current_setting('turnkeeper.workspace', true));

do $$
begin
  grant select on session_before to turnkeeper_api;
  grant select, insert on rehearsal to turnkeeper_api;
exception when insufficient_privilege or undefined_object then
  raise notice 'the role turnkeeper_api was given nothing';
end $$;
