-- All conversations of a contact, also those that an address leads to no more.
create index conversation_contact on conversation (workspace_id, contact_id);
create index address_contact on address (workspace_id, contact_id);
