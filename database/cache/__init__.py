"""The cache and the sessions: the key space of section 6.2 as code, and what works on it.

    store = Store.cluster(RedisCluster(host="cache.alphintra.internal", ssl=True, decode_responses=True, …))
    RateLimit(50, timedelta(minutes=1)).take(store, TradeRate(user)).allowed
    Sessions(Store.standalone(Redis(…))).begin(user, email, roles, ip_address, user_agent)

`keys` says what there is, `store` how it is reached, `limits`, `locks` and `sessions` what is done with it, `warmer` fills it.
Clients decode answers (`decode_responses=True`).
"""
