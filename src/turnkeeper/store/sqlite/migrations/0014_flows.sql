-- Flows: drafts, published versions, and how often their nodes were entered and left.

create table flow (
  workspace_id text not null, bot_id text not null, name text not null, revision integer not null,
  changed_at real not null, changed_by text not null, published integer, document blob not null,
  primary key (workspace_id, bot_id, name)
);
create index flow_published on flow (workspace_id, bot_id, name) where published is not null;

-- No reference to a flow: versions outlive it, for whoever is inside.
create table flow_version (
  workspace_id text not null, bot_id text not null, name text not null, version integer not null,
  published_at real not null, published_by text not null, note text not null, mapping blob not null,
  document blob not null,
  primary key (workspace_id, bot_id, name, version)
);

-- One count lies in several rows (`stripe`) where turns end at once; it is their sum.
create table flow_count (
  workspace_id text not null, bot_id text not null, flow text not null, version integer not null,
  node text not null, exit text not null, stripe integer not null, times integer not null,
  primary key (workspace_id, bot_id, flow, version, node, exit, stripe)
) without rowid;
