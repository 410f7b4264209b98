-- What bots look things up in: documents, their passages, and the index of the passages' words.

create table knowledge_base (
  workspace_id text collate "C" not null, base text collate "C" not null,
  passages bigint not null, words bigint not null, changes bigint not null, embeddings text not null,
  last_id bigint not null,
  primary key (workspace_id, base)
);

create table document (
  workspace_id text collate "C" not null, base text collate "C" not null, key text collate "C" not null,
  title text not null, origin text not null, digest text not null, state text not null, reason text,
  size bigint not null, passages bigint not null, updated_at double precision not null,
  primary key (workspace_id, base, key)
);

-- `words` lead with their base: the list of one is the base's own.
create table passage (
  workspace_id text collate "C" not null, base text collate "C" not null, id bigint not null,
  key text collate "C" not null, title text not null, n integer not null, heading text not null, page integer,
  text text not null, terms text not null, head integer not null, length integer not null,
  signs bytea, vector bytea, words tsvector not null,
  primary key (workspace_id, base, id)
);
create unique index passage_document on passage ((workspace_id || e'\x1f' || base), key, n);
create index passage_words on passage using gin (words);

do $$
declare name text;
begin
  foreach name in array array['knowledge_base', 'document', 'passage'] loop
    execute format('alter table %I enable row level security', name);
    execute format('create policy workspace on %I
                    using (workspace_id = current_setting(''turnkeeper.workspace'', true))', name);
  end loop;
end $$;

do $$
begin
  grant select on knowledge_base, document, passage to turnkeeper_api;
exception when insufficient_privilege or undefined_object then
  raise notice 'the role turnkeeper_api was given nothing';
end $$;
