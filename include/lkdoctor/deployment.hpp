// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/clock.hpp>
#include <lkdoctor/finding.hpp>
#include <lkdoctor/secret.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace lkdoctor {

LKDOCTOR_JSON(SecretTraits, length, fingerprint, published_sample, outer_whitespace, quoted, placeholder,
              number_like, non_ascii)

/// Where a run stands. `automatic` until the run has looked around.
enum class Vantage { automatic, outside, inside, controller, livekit_host, recorder };
NLOHMANN_JSON_SERIALIZE_ENUM(Vantage, {{Vantage::automatic, "auto"},
                                       {Vantage::outside, "outside"},
                                       {Vantage::inside, "inside"},
                                       {Vantage::controller, "controller"},
                                       {Vantage::livekit_host, "livekit-host"},
                                       {Vantage::recorder, "recorder"}})
std::string_view name_of(Vantage vantage);

/// Who must be able to join.
enum class Audience { automatic, internet, lan, vpn };
NLOHMANN_JSON_SERIALIZE_ENUM(Audience, {{Audience::automatic, "auto"},
                                        {Audience::internet, "internet"},
                                        {Audience::lan, "lan"},
                                        {Audience::vpn, "vpn"}})
std::string_view name_of(Audience audience);

enum class ThirdParty { none, as_server, any };
NLOHMANN_JSON_SERIALIZE_ENUM(ThirdParty, {{ThirdParty::as_server, "as-server"},
                                          {ThirdParty::none, "none"},
                                          {ThirdParty::any, "any"}})

/// The LiveKit part of an OpenTalk controller.toml with its environment, as the controller would see it.
struct ControllerSettings {
  std::optional<bool>
      accepted;         ///< would the controller start with it, LiveKit module included; null: cannot tell
  std::string reason;   ///< why not, in the controller's own words where known
  std::string file;     ///< as named or found; empty: environment alone
  std::string section;  ///< "livekit" or "roomserver.modules.livekit"
  Sourced<std::string> public_url, service_url, api_key;
  Sourced<SecretTraits> api_secret;
  bool pair_swapped = false;  ///< key and secret stand in each other's place; `api_key` is masked then
  Sourced<std::string> frontend_base_url;  ///< not set: not in the file
  std::vector<Finding> findings;           ///< defects of the file, found while reading
};
LKDOCTOR_JSON(ControllerSettings, accepted, reason, file, section, public_url, service_url, api_key,
              api_secret, pair_swapped, frontend_base_url, findings)

/// One pair of LiveKit's `keys`.
struct LiveKitKey {
  std::string name;
  SecretTraits secret;
  Origin origin;
};
LKDOCTOR_JSON(LiveKitKey, name, secret, origin)

struct PortRange {
  std::uint32_t first = 0, last = 0;  ///< inclusive; equal: one port
  friend bool operator==(const PortRange&, const PortRange&) = default;
};
LKDOCTOR_JSON(PortRange, first, last)
std::string text(const PortRange& range);  ///< "20000-25000", "7882"

struct LiveKitTurn {
  bool enabled = false;
  std::string domain;
  std::uint32_t udp_port = 0, tls_port = 0;
  bool external_tls = false;
};
LKDOCTOR_JSON(LiveKitTurn, enabled, domain, udp_port, tls_port, external_tls)

/// One entry of `rtc.turn_servers`; credentials left out.
struct LiveKitTurnServer {
  std::string host;
  std::uint32_t port = 0;
  std::string protocol;
  Origin origin = {};
};
LKDOCTOR_JSON(LiveKitTurnServer, host, port, protocol, origin)

/// What clients use a server of `rtc.turn_servers` with. Only in Deployment::secrets.
struct TurnServerSecret {
  std::string username;
  Secret credential;
  Secret shared;  ///< makes credentials for each client; not empty: the other two do not count
};

/// What a LiveKit server of `version` does with its file, arguments and environment together.
struct LiveKitSettings {
  std::optional<bool>
      accepted;         ///< would it start; null: cannot tell (e.g. Redis, STUN, certificate of another host)
  std::string reason;   ///< why not, in the server's own words
  std::string version;  ///< judged for, "1.13.5"
  bool version_declared = false;
  std::string file;
  Sourced<std::uint32_t> port{7880, {}};
  Sourced<std::vector<std::string>> bind_addresses;
  Sourced<std::uint32_t> tcp_port{7881, {}};  ///< 0: no ICE/TCP
  std::optional<PortRange> udp;               ///< null: no UDP media at all
  Origin udp_origin;
  bool udp_is_mux = false;  ///< `udp_port`: one port (or a few) for everyone, instead of a range
  Sourced<std::vector<std::string>> node_ip;
  Sourced<bool> use_external_ip{false, {}};
  Sourced<bool> use_ice_lite{false, {}};
  Sourced<std::vector<std::string>> stun_servers;
  std::vector<LiveKitTurnServer> turn_servers;
  std::vector<LiveKitKey> keys;
  LiveKitTurn turn;
  Origin turn_origin;
  bool development = false;
  Json effective;                 ///< the contract's `effective`, further scalars included
  std::vector<Finding> findings;  ///< defects of file, arguments, environment, found while reading
};
LKDOCTOR_JSON(LiveKitSettings, accepted, reason, version, version_declared, file, port, bind_addresses,
              tcp_port, udp, udp_origin, udp_is_mux, node_ip, use_external_ip, use_ice_lite, stun_servers,
              turn_servers, keys, turn, turn_origin, development, effective, findings)

/// curl's `--resolve HOST:PORT:ADDRESS`.
struct PinnedAddress {
  std::string host;
  std::uint16_t port = 0;
  std::string address;
};
LKDOCTOR_JSON(PinnedAddress, host, port, address)

/// A finding that the operator has accepted for a while; it is listed apart and does not count.
struct Suppression {
  std::string id;       ///< of the finding; a glob
  std::string subject;  ///< glob; empty: any
  std::string reason;   ///< never empty
  std::string expires;  ///< "2027-01-31", the last day on which it holds; never empty
};
LKDOCTOR_JSON(Suppression, id, subject, reason, expires)

/// Limits that lkdoctor.toml may move. null: the check's own.
struct Thresholds {
  std::optional<double> certificate_days;    ///< warn when fewer are left
  std::optional<double> clock_skew_seconds;  ///< warn above
  std::optional<double> packet_loss_ratio;   ///< warn above, 0 to 1
  std::optional<double> rtt_ms;              ///< warn above
};
LKDOCTOR_JSON(Thresholds, certificate_days, clock_skew_seconds, packet_loss_ratio, rtt_ms)

/// A TCP port that a responder tells of.
struct CarriedPort {
  std::uint16_t port = 0;
  std::string state;  ///< "in_use": somebody else has it; "answers": the responder itself
  std::string owner;  ///< of one in use; empty: not visible
};
LKDOCTOR_JSON(CarriedPort, port, state, owner)

/// UDP ports of a responder that somebody else has.
struct OwnedPorts {
  std::uint16_t from = 0, to = 0;
  std::string owner;  ///< empty: not visible
};
LKDOCTOR_JSON(OwnedPorts, from, to, owner)

/// How far the control connection to `lkdoctor respond` came; probes/carrier_words says it in words.
enum class CarriedState {
  no_route,   ///< its name has no address, or none can be reached
  refused,    ///< TCP is refused
  silent,     ///< TCP is not answered
  mute,       ///< connections are taken, and nothing is said
  cut_off,    ///< in the handshake
  stranger,   ///< who answers is no responder
  no_key,     ///< this run has none
  other_key,  ///< it has another one
  code_used,  ///< it knows the code, which was good once
  busy,       ///< it serves another client
  denied,     ///< it refuses otherwise
  reached
};
NLOHMANN_JSON_SERIALIZE_ENUM(CarriedState, {{CarriedState::no_route, "no-route"},
                                            {CarriedState::refused, "refused"},
                                            {CarriedState::silent, "silent"},
                                            {CarriedState::mute, "mute"},
                                            {CarriedState::cut_off, "cut-off"},
                                            {CarriedState::stranger, "no-responder"},
                                            {CarriedState::no_key, "no-key"},
                                            {CarriedState::other_key, "other-key"},
                                            {CarriedState::code_used, "code-used"},
                                            {CarriedState::busy, "busy"},
                                            {CarriedState::denied, "denied"},
                                            {CarriedState::reached, "reached"}})

/// What became of the control connection to `lkdoctor respond` and of the session it carries. Text of the
/// responder is cut and printable. No secret.
struct CarriedSession {
  Sourced<std::string> url;  ///< "responder HOST:PORT"
  bool reached = false;      ///< it took our key
  bool carries = false;      ///< tokens were given: one can join through it
  CarriedState state = CarriedState::no_route;
  std::string words;    ///< why it carries no session: a clause; empty: it does
  std::string address;  ///< the one of its addresses that is used; empty: not reached
  int requests = 0;     ///< of this run on the control connection, with the one that gives the session back
  std::uint16_t port = 0;
  std::string room;
  std::uint16_t signalling_port = 0;  ///< LiveKit's there; 0: not known
  std::string mode;                   ///< "raw", "bound"
  std::vector<PortRange> udp{};
  std::vector<CarriedPort> tcp{};
  std::vector<OwnedPorts> udp_in_use{};
  std::vector<std::string> addresses{};      ///< of the responder's host
  std::optional<PortRange> ephemeral_ports;  ///< those its host gives to whoever asks for any
  std::optional<int> minutes_behind;         ///< its clock, by as much behind ours; null: not told
  bool replaces_token = false;               ///< the run's token is the one it gave
};
LKDOCTOR_JSON(CarriedSession, url, reached, carries, state, words, address, requests, port, room,
              signalling_port, mode, udp, tcp, udp_in_use, addresses, ephemeral_ports, minutes_behind,
              replaces_token)

/// How this run may look, as options and lkdoctor's own file say.
struct RunSettings {
  Vantage vantage = Vantage::automatic;  ///< resolved before checks are planned
  bool vantage_declared = false;
  std::string vantage_reason;  ///< why it was guessed so
  Audience audience = Audience::automatic;
  bool audience_declared = false;
  ThirdParty third_party = ThirdParty::as_server;
  bool passive = false, thorough = false, allow_side_effects = false;
  std::string proxy = "auto";  ///< "auto", "none" or a URL (without credentials)
  std::vector<std::string> ca_files;
  std::vector<PinnedAddress> pinned;
  std::vector<std::string> stun_servers;  ///< from --stun, "host:port"
  std::string responder;                  ///< HOST[:PORT]; empty: none
  std::optional<CarriedSession> carried;  ///< what its control connection gave; null: it was not asked
  std::optional<Milliseconds> check_timeout;
  Milliseconds deadline{30'000};
  std::vector<Suppression> suppressions;  ///< those still in force when the run began
  Thresholds thresholds;
};

/// The forward proxy for one of the two URLs, if there is one. Its credentials are among the secrets.
struct ForwardProxy {
  std::string url;      ///< "http://host:port", without credentials; empty: none
  std::string source;   ///< "--proxy", "HTTPS_PROXY"
  bool always = false;  ///< false: only where no address answers directly
  bool is_set() const noexcept { return !url.empty(); }
};
LKDOCTOR_JSON(ForwardProxy, url, source, always)

/// What is deployed, as far as files, environment and options say, and how to look at it. A value: immutable
/// while checks run. Its JSON form (`describe`) holds no secret.
struct Deployment {
  std::string name;                  ///< of the target; host of public_url if none was given
  Sourced<std::string> public_url;   ///< what browsers are told
  Sourced<std::string> service_url;  ///< what the controller dials
  Sourced<std::string> api_key;
  Sourced<SecretTraits> api_secret;  ///< not set: no key pair known
  Sourced<SecretTraits> token;       ///< from --token-file
  std::optional<ControllerSettings> controller;
  std::optional<LiveKitSettings> livekit;
  ForwardProxy public_proxy, service_proxy;
  RunSettings run;
  std::vector<std::string>
      notes;  ///< said once in the report ("./config.toml exists but has no OpenTalk table")

  /// The secrets themselves. Only checks that sign or join read them; never in any JSON form.
  struct Secrets {
    Secret api_secret, token;
    Secret subscriber_token;                          ///< second line of the token file
    Secret responder_key, pairing_code;               ///< of `lkdoctor respond`; empty: not given
    Secret carried_token, carried_subscriber_token;   ///< of a session carried by a responder
    Secret carried_key;                               ///< a key text it gave for the rest of this run
    std::string control_identity;                     ///< names control_key; itself no secret
    Secret control_key;                               ///< of the control connection, 32 bytes
    std::map<std::string, Secret> livekit_keys;       ///< LiveKit's own pairs, by name
    std::vector<TurnServerSecret> turn_servers;       ///< in the order of LiveKitSettings::turn_servers
    std::map<std::string, Secret> proxy_credentials;  ///< by the proxy's URL
  } secrets;

  bool has_key_pair() const noexcept { return api_key.is_set() && api_secret.is_set(); }
  /// One can join through a responder.
  bool is_carried() const noexcept { return run.carried && run.carried->carries; }
};
Json describe(const Deployment& deployment);          ///< for recordings; no secret inside
Deployment deployment_from(const Json& description);  ///< throws nlohmann::json::exception if it is none

}  // namespace lkdoctor
