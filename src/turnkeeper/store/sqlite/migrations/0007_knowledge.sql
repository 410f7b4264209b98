-- What bots look things up in: documents, their passages, and the index of the passages' words.

create table knowledge_base (
  workspace_id text not null, base text not null,
  passages integer not null, words integer not null, changes integer not null, embeddings text not null,
  primary key (workspace_id, base)
) without rowid;

create table document (
  workspace_id text not null, base text not null, key text not null, title text not null, origin text not null,
  digest text not null, state text not null, reason text, size integer not null, passages integer not null,
  updated_at real not null,
  primary key (workspace_id, base, key)
) without rowid;

create table passage (
  workspace_id text not null, base text not null, id integer primary key,
  key text not null, title text not null, n integer not null, heading text not null, page integer,
  text text not null, terms text not null, head integer not null, length integer not null,
  signs blob, vector blob
);
create unique index passage_document on passage (workspace_id, base, key, n);

-- A word leads with its base: the list of one is the base's own. The tokenizer changes none: they are small letters
-- and digits, or not ASCII. Which passages hold a word is all that is asked.
create virtual table passage_index using fts5(
  words, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii'
);
