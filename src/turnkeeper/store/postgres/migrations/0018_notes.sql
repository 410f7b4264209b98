-- What colleagues do at a conversation: who has it, what they tell each other, when it was handed over, who looks at
-- it; and the replies that they have ready.

create table answering (
  workspace_id text collate "C" not null, conversation_id text collate "C" not null,
  user_id text collate "C" not null, name text not null,
  since_at double precision not null, active_at double precision not null,
  primary key (workspace_id, conversation_id)
) with (fillfactor = 70);

create table note (
  workspace_id text collate "C" not null, conversation_id text collate "C" not null, seq bigint not null,
  known_as text collate "C" not null,
  at double precision not null, author_id text collate "C" not null, author text not null, text text not null,
  primary key (workspace_id, conversation_id, seq)
);
create unique index note_known_as on note ((workspace_id || e'\x1f' || conversation_id), known_as);
create index note_age on note (at);

create table handover (
  workspace_id text collate "C" not null, conversation_id text collate "C" not null, seq bigint not null,
  at double precision not null, mode text not null, until double precision,
  by text not null, name text not null, reason text not null,
  primary key (workspace_id, conversation_id, seq)
);
create index handover_age on handover (at);

create table watching (
  workspace_id text collate "C" not null, conversation_id text collate "C" not null,
  user_id text collate "C" not null, name text not null, doing text not null, at double precision not null,
  primary key (workspace_id, conversation_id, user_id)
) with (fillfactor = 70);

create table canned_reply (
  workspace_id text collate "C" not null, id text collate "C" not null, shortcut text collate "C" not null,
  language text collate "C" not null, text text not null,
  changed_at double precision not null, changed_by text not null,
  primary key (workspace_id, id)
);
create unique index canned_reply_shortcut on canned_reply (workspace_id, shortcut, language);

alter table answering enable row level security;
create policy workspace on answering using (workspace_id = current_setting('turnkeeper.workspace', true));

alter table note enable row level security;
create policy workspace on note using (workspace_id = current_setting('turnkeeper.workspace', true));

alter table handover enable row level security;
create policy workspace on handover using (workspace_id = current_setting('turnkeeper.workspace', true));

alter table watching enable row level security;
create policy workspace on watching using (workspace_id = current_setting('turnkeeper.workspace', true));

alter table canned_reply enable row level security;
create policy workspace on canned_reply using (workspace_id = current_setting('turnkeeper.workspace', true));

do $$
begin
  grant select on answering, note, handover, watching to turnkeeper_api;
  grant select, insert, update, delete on canned_reply to turnkeeper_api;
exception when insufficient_privilege or undefined_object then
  raise notice 'the role turnkeeper_api was given nothing';
end $$;
