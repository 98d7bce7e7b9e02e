"""Models of requests and answers for the OpenAPI document; requests themselves are read by the doors, once."""
