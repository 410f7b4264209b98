-- Channels, bots and the like that were made in the console. A name of a kind is one thing's over all workspaces, since
-- it is part of public addresses.

create table configured (
  workspace_id text not null, kind text not null, name text not null, revision integer not null,
  changed_at real not null, changed_by text not null, document blob not null,
  primary key (workspace_id, kind, name)
) without rowid;
create unique index configured_name on configured (kind, name);

create table configured_version (
  workspace_id text not null, kind text not null, name text not null, revision integer not null,
  changed_at real not null, changed_by text not null, document blob not null,
  primary key (workspace_id, kind, name, revision)
) without rowid;

-- How often a workspace's configuration was changed.
create table configuration (workspace_id text primary key not null, revision integer not null) without rowid;
