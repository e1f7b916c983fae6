// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/json.hpp>
#include <string>

namespace lkdoctor::net {

/// Where an exchange stopped. Each stage has its own time-out, so that "timed out" is never said alone.
/// `proxy`: on the way to a forward proxy; `tunnel`: the proxy was asked for one.
enum class Stage { none, resolve, connect, proxy, tunnel, tls, request, response, upgrade, message };
NLOHMANN_JSON_SERIALIZE_ENUM(Stage, {{Stage::none, "none"},
                                     {Stage::resolve, "resolve"},
                                     {Stage::connect, "connect"},
                                     {Stage::proxy, "proxy"},
                                     {Stage::tunnel, "tunnel"},
                                     {Stage::tls, "tls"},
                                     {Stage::request, "request"},
                                     {Stage::response, "response"},
                                     {Stage::upgrade, "upgrade"},
                                     {Stage::message, "message"}})

/// How it stopped. A refused connection is this program's normal result, so this is a value and never thrown.
enum class NetError {
  none,
  timed_out,            ///< silence until the deadline
  refused,              ///< RST to our SYN, or ICMP port unreachable from the host itself
  host_unreachable,     ///< ICMP host unreachable, or no ARP answer
  network_unreachable,  ///< no route here
  prohibited,           ///< ICMP administratively prohibited
  reset,                ///< RST after the connection stood
  closed,               ///< orderly end before the answer was complete
  name_not_found,       ///< NXDOMAIN, or a name without an address
  name_server_failed,   ///< SERVFAIL, REFUSED, or no name server answers
  tls_refused,          ///< the peer sent an alert, or what it said was wrong
  not_tls,              ///< what the peer said is no TLS
  untrusted,            ///< certificate verification failed and was required
  malformed,            ///< the answer is not of the protocol
  too_large,            ///< a limit of ours was reached
  denied,               ///< the forward proxy does not want to (403 and the like)
  login_required,       ///< the forward proxy wants credentials, or others (407)
  not_reached,          ///< the forward proxy cannot reach the host (502, 503, 504)
  other
};
NLOHMANN_JSON_SERIALIZE_ENUM(NetError, {{NetError::none, "none"},
                                        {NetError::timed_out, "timed-out"},
                                        {NetError::refused, "refused"},
                                        {NetError::host_unreachable, "host-unreachable"},
                                        {NetError::network_unreachable, "network-unreachable"},
                                        {NetError::prohibited, "prohibited"},
                                        {NetError::reset, "reset"},
                                        {NetError::closed, "closed"},
                                        {NetError::name_not_found, "name-not-found"},
                                        {NetError::name_server_failed, "name-server-failed"},
                                        {NetError::tls_refused, "tls-refused"},
                                        {NetError::not_tls, "not-tls"},
                                        {NetError::untrusted, "untrusted"},
                                        {NetError::malformed, "malformed"},
                                        {NetError::too_large, "too-large"},
                                        {NetError::denied, "denied"},
                                        {NetError::login_required, "login-required"},
                                        {NetError::not_reached, "not-reached"},
                                        {NetError::other, "other"}})

/// `error == none` is success; then `stage` is none too.
struct NetOutcome {
  Stage stage = Stage::none;
  NetError error = NetError::none;
  std::string text;  ///< for an administrator: "connection refused", "alert unrecognized_name"
  bool ok() const noexcept { return error == NetError::none; }
  /// It ended at a forward proxy: nothing is known of who is behind it.
  bool at_forward_proxy() const noexcept { return stage == Stage::proxy || stage == Stage::tunnel; }
};
LKDOCTOR_JSON(NetOutcome, stage, error, text)

}  // namespace lkdoctor::net
