"""The routes of `/v1`: they translate HTTP into the doors' functions and decide nothing themselves."""
