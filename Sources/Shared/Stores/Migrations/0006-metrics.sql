SET LOCAL search_path = helpdesk;

-- Facts, rollups and the views for dashboards.
