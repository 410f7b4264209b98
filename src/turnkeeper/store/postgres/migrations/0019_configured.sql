-- Channels, bots and the like that were made in the console. A name of a kind is one thing's over all workspaces, since
-- it is part of public addresses.

create table configured (
  workspace_id text collate "C" not null, kind text collate "C" not null, name text collate "C" not null,
  revision integer not null, changed_at double precision not null, changed_by text not null, document bytea not null,
  primary key (workspace_id, kind, name)
);
create unique index configured_name on configured (kind, name);

create table configured_version (
  workspace_id text collate "C" not null, kind text collate "C" not null, name text collate "C" not null,
  revision integer not null, changed_at double precision not null, changed_by text not null, document bytea not null,
  primary key (workspace_id, kind, name, revision)
);

-- How often a workspace's configuration was changed.
create table configuration (
  workspace_id text collate "C" primary key, revision bigint not null
) with (fillfactor = 50);

alter table configured enable row level security;
create policy workspace on configured using (workspace_id = current_setting('turnkeeper.workspace', true));

alter table configured_version enable row level security;
create policy workspace on configured_version using (workspace_id = current_setting('turnkeeper.workspace', true));

alter table configuration enable row level security;
create policy workspace on configuration using (workspace_id = current_setting('turnkeeper.workspace', true));

do $$
begin
  grant select, insert, update, delete on configured, configured_version, configuration to turnkeeper_api;
exception when insufficient_privilege or undefined_object then
  raise notice 'the role turnkeeper_api was given nothing';
end $$;
