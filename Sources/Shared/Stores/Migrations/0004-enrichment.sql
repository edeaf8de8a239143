SET LOCAL search_path = helpdesk;

-- The language model's answers, suggestions and health.
