SET LOCAL search_path = helpdesk;

-- Articles and answers.
