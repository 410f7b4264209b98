-- Who uses the console and the API.

create table console_user (
  id text primary key, email text not null unique, name text not null, language text not null, created_at real not null,
  disabled_at real, password text, proven_at real
) without rowid;

-- `digest` is always the SHA-256 of something that only its holder has.
create table sign_in (
  digest blob primary key, user_id text not null, created_at real not null, seen_at real not null,
  expires_at real not null, address text not null, agent text not null
) without rowid;
create index sign_in_user on sign_in (user_id);
create index sign_in_age on sign_in (expires_at);

create table link (
  digest blob primary key, user_id text, created_at real not null, expires_at real not null
) without rowid;

create table workspace (workspace_id text primary key, name text not null, created_at real not null) without rowid;

create table member (
  workspace_id text not null, user_id text not null, role text not null, joined_at real not null,
  primary key (workspace_id, user_id)
) without rowid;
create index member_user on member (user_id);

create table invitation (
  workspace_id text not null, email text not null, role text not null, digest blob not null unique,
  invited_by text not null, created_at real not null, expires_at real not null,
  primary key (workspace_id, email)
) without rowid;

create table api_token (
  workspace_id text not null, id text not null, digest blob not null unique, name text not null, scopes text not null,
  created_by text not null, created_at real not null, used_at real, expires_at real, user_id text,
  primary key (workspace_id, id)
) without rowid;

create table audit (
  seq integer primary key autoincrement, workspace_id text not null, at real not null, kind text not null,
  who text not null, name text not null, what text not null, about text not null, details blob not null
);
create index audit_workspace on audit (workspace_id, seq);
