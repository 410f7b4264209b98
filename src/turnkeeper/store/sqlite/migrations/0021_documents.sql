-- Documents that were uploaded: where their files are, and which are to be read.

create table document_upload (
  workspace_id text not null, base text not null, key text not null, file text not null, size integer not null,
  uploaded_at real not null, due_at real,
  primary key (workspace_id, base, key)
) without rowid;
create index document_upload_due on document_upload (due_at) where due_at is not null;

-- The failures of a bot.
create index turn_failed on turn (workspace_id, bot_id, started_at) where state = 'failed';
