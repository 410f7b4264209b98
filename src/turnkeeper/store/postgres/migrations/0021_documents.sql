-- Documents that were uploaded: where their files are, and which are to be read.

create table document_upload (
  workspace_id text collate "C" not null, base text collate "C" not null, key text collate "C" not null,
  file text not null, size bigint not null, uploaded_at double precision not null, due_at double precision,
  primary key (workspace_id, base, key)
);
create index document_upload_due on document_upload (due_at) where due_at is not null;

-- The failures of a bot.
create index turn_failed on turn (workspace_id, bot_id, started_at) where state = 'failed';

alter table document_upload enable row level security;
create policy workspace on document_upload using (workspace_id = current_setting('turnkeeper.workspace', true));

do $$
begin
  grant select, insert, update, delete on document_upload to turnkeeper_api;
  grant select, insert, update, delete on document, passage, knowledge_base, prompt to turnkeeper_api;
exception when insufficient_privilege or undefined_object then
  raise notice 'the role turnkeeper_api was given nothing';
end $$;
