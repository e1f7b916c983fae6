// SPDX-License-Identifier: EUPL-1.2
#include "probes/refusal.hpp"

namespace lkdoctor::probes {
namespace {

using proto::Meaning;

constexpr int kOk = 200, kForbidden = 403, kUnavailable = 503;

/// Of an upstream that is gone nginx says 502, of a slow one 504. Other proxies say 503 of both.
bool is_nginx_itself(const Asked& asked) {
  const std::string& body = asked.answer.body;
  return asked.answer.status == kUnavailable && (body.find("<center>nginx") != std::string::npos ||
                                                 body.find("<center>openresty") != std::string::npos);
}

Refusal by_login(const Asked& asked) {
  // The start page of another program looks the same.
  if (asked.answer.status == kOk) {
    return {"a page with a login stands there",
            "Exempt the URL from the login, as LiveKit checks tokens itself; if the page is that of another "
            "program, point the virtual host at LiveKit's port 7880",
            Confidence::likely};
  }
  return {"it asks for a login", "", Confidence::proven};
}

}  // namespace

std::optional<Refusal> refusal_of(const Asked& asked) {
  const Meaning meaning = asked.read().meaning;
  if (meaning == Meaning::login) return by_login(asked);
  if (meaning == Meaning::challenge) return Refusal{"a bot check stands in front", "", Confidence::proven};
  if (meaning == Meaning::wants_certificate) {
    return Refusal{"it asks for a certificate of the client, and participants' browsers have none",
                   "Ask for no client certificate at this URL (nginx: ssl_verify_client off)",
                   Confidence::proven};
  }
  if (asked.answer.status == kForbidden && !asked.read().is_livekit()) {
    return Refusal{"a rule there refuses this machine, by its address, User-Agent, Origin or by the path",
                   "Let the participants' addresses, browsers and origins through to LiveKit, on every path; "
                   "then check again from a participant's network, or with a browser",
                   Confidence::likely};
  }
  if (is_nginx_itself(asked)) {
    return Refusal{
        "nginx says 503 of itself, in maintenance or by a limit, and 502 or 504 of a LiveKit that "
        "is gone",
        "End the maintenance (return 503) or raise the limit (limit_req, limit_conn) of this "
        "virtual host; in a Kubernetes ingress look whether LiveKit's pod is ready",
        Confidence::likely};
  }
  return std::nullopt;
}

}  // namespace lkdoctor::probes
