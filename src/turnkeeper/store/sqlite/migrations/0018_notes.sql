-- What colleagues do at a conversation: who has it, what they tell each other, when it was handed over, who looks at
-- it; and the replies that they have ready.

create table answering (
  workspace_id text not null, conversation_id text not null, user_id text not null, name text not null,
  since_at real not null, active_at real not null,
  primary key (workspace_id, conversation_id)
) without rowid;

create table note (
  workspace_id text not null, conversation_id text not null, seq integer not null, known_as text not null,
  at real not null, author_id text not null, author text not null, text text not null,
  primary key (workspace_id, conversation_id, seq)
);
create unique index note_known_as on note (workspace_id, conversation_id, known_as);

create table handover (
  workspace_id text not null, conversation_id text not null, seq integer not null,
  at real not null, mode text not null, until real, by text not null, name text not null, reason text not null,
  primary key (workspace_id, conversation_id, seq)
);

create table watching (
  workspace_id text not null, conversation_id text not null, user_id text not null, name text not null,
  doing text not null, at real not null,
  primary key (workspace_id, conversation_id, user_id)
) without rowid;

create table canned_reply (
  workspace_id text not null, id text not null, shortcut text not null, language text not null, text text not null,
  changed_at real not null, changed_by text not null,
  primary key (workspace_id, id)
) without rowid;
create unique index canned_reply_shortcut on canned_reply (workspace_id, shortcut, language);
