// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/check.hpp>
#include <lkdoctor/deployment.hpp>
#include <lkdoctor/net/http.hpp>
#include <string>

namespace lkdoctor::probes {

/// "lkdoctor-" and 16 random hexadecimal digits: a room or an identity that nobody else has.
std::string random_name();

/// Whether sessions of this run are each another participant: not with a token, nor through a responder,
/// which takes its own tokens alone.
bool mints_tokens(const Probe& probe);

/// Tokens of the deployment's key pair. REQUIRES: deployment.has_key_pair().
/// Without grants: proves key, secret and clock and allows nothing.
Secret grantless_token(const Deployment& deployment, std::int64_t not_before, std::int64_t expires);
/// Valid for 60 s, and from 30 s ago.
Secret granting_token(const Deployment& deployment, const std::string& identity, Json video);
/// Grants of a hidden participant who publishes and subscribes nothing.
Json probe_grants(const std::string& room);
/// The same token with another signature.
Secret with_broken_signature(const Secret& token);

void authorize(net::HttpRequest& request, const Secret& token);
/// `target` with the token in the query, as browsers send it.
std::string with_access_token(const std::string& target, const Secret& token);

}  // namespace lkdoctor::probes
