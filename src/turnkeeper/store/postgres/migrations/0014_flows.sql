-- Flows: drafts, published versions, and how often their nodes were entered and left.

create table flow (
  workspace_id text collate "C" not null, bot_id text collate "C" not null, name text collate "C" not null,
  revision integer not null, changed_at double precision not null, changed_by text not null, published integer,
  document bytea not null,
  primary key (workspace_id, bot_id, name)
);
create index flow_published on flow (workspace_id, bot_id, name) where published is not null;

-- No reference to a flow: versions outlive it, for whoever is inside.
create table flow_version (
  workspace_id text collate "C" not null, bot_id text collate "C" not null, name text collate "C" not null,
  version integer not null, published_at double precision not null, published_by text not null, note text not null,
  mapping bytea not null, document bytea not null,
  primary key (workspace_id, bot_id, name, version)
);

-- One count lies in several rows (`stripe`) where turns end at once; it is their sum.
create table flow_count (
  workspace_id text collate "C" not null, bot_id text collate "C" not null, flow text collate "C" not null,
  version integer not null, node text collate "C" not null, exit text collate "C" not null, stripe smallint not null,
  times bigint not null,
  primary key (workspace_id, bot_id, flow, version, node, exit, stripe)
) with (fillfactor = 70);

do $$
declare name text;
begin
  foreach name in array array['flow', 'flow_version', 'flow_count'] loop
    execute format('alter table %I enable row level security', name);
    execute format('create policy workspace on %I
                    using (workspace_id = current_setting(''turnkeeper.workspace'', true))', name);
  end loop;
end $$;

do $$
begin
  grant select on flow, flow_version, flow_count to turnkeeper_api;
exception when insufficient_privilege or undefined_object then
  raise notice 'the role turnkeeper_api was given nothing';
end $$;
