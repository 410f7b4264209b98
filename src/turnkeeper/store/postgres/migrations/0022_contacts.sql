-- All conversations of a contact, also those that an address leads to no more. They lead with an expression, as every
-- second index of a table does.
create index conversation_contact on conversation ((workspace_id || e'\x1f' || contact_id));
create index address_contact on address ((workspace_id || e'\x1f' || contact_id));
