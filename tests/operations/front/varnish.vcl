# Case Timeline behind Varnish 6 or newer: `varnishd -a :80 -f varnish.vcl`.
#
# Each answer is kept, and the service is asked on every request whether it still holds:
# that costs the service a look at the ETag, and shows every write at once.
vcl 4.1;

backend default {
    .host = "127.0.0.1";
    .port = "8000";
    # A long import is answered when it is done.
    .first_byte_timeout = 600s;
}

sub vcl_recv {
    # Cookies of other pages of the same host mean nothing here, and would keep answers from being kept.
    unset req.http.Cookie;
    # Nobody waits for another one's question, whose answer may be older than their own.
    set req.hash_ignore_busy = true;
    # Varnish makes the tag weak for clients that it decompresses for, and a weak one changes no record.
    if (req.http.If-Match) {
        set req.http.If-Match = regsub(req.http.If-Match, "^W/", "");
    }
    if (req.url ~ "^/v1/changes/stream") {
        return (pass);
    }
    # Varnish's own rules follow: what has a key, and what writes, is passed on and never kept.
}

sub vcl_backend_response {
    if (!bereq.uncacheable && beresp.status == 200 && beresp.http.ETag && beresp.http.Cache-Control ~ "^public") {
        # With 1s, the service hears of an address once a second at most, and readers see a write a second late.
        # Not 0: of what has a ttl of 0, Varnish never asks whether it still holds.
        set beresp.ttl = 0.001ms;
        # What was redacted must not be shown once more while the service is asked.
        set beresp.grace = 0s;
        set beresp.keep = 1d;
        return (deliver);
    }
    # Varnish's own rules follow: nothing else is kept.
}
