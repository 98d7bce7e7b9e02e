"""The page: forms and answers for people, rendered here in both languages; nothing comes from another host."""
