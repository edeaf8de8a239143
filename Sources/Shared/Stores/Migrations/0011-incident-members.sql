SET LOCAL search_path = helpdesk;

-- The newest tickets of an incident are read for each that joins it: without an index all of them were sorted, thousands in an outage.
CREATE INDEX incident_tickets_by_joining ON incident_tickets (incident_id, joined_at DESC, ticket_id);
