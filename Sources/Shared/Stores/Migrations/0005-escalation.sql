SET LOCAL search_path = helpdesk;

-- Escalations, clocks, timers and incidents.
