// SPDX-License-Identifier: EUPL-1.2
#include <fmt/format.h>

#include <algorithm>
#include <lkdoctor/address.hpp>
#include <lkdoctor/findings.hpp>
#include <lkdoctor/text.hpp>

#include "config/livekit_context.hpp"

namespace lkdoctor::config {
namespace {

Finding& stop(Context& context, const FindingDef& definition, std::string_view path,
              const std::string& reason, std::string sentence) {
  context.refuse(reason);
  return context.raise_at(definition, path, std::move(sentence)).with("server_says", printable(reason, 300));
}

bool is_any(std::string_view address) {
  return address.empty() || address == "0.0.0.0" || kind_of(address) == AddressKind::unspecified;
}

/// Two listeners on one port meet if their addresses do; an IPv6 wildcard takes IPv4 as well.
bool meet(std::string_view left, std::string_view right) {
  return left == right || is_any(left) || is_any(right);
}

std::string joined(std::string_view address, std::uint64_t port) {
  // Go names the IPv4 wildcard for both.
  if (kind_of(address) == AddressKind::unspecified) return fmt::format("0.0.0.0:{}", port);
  return address.find(':') == std::string_view::npos ? fmt::format("{}:{}", address, port)
                                                     : fmt::format("[{}]:{}", address, port);
}

struct Listener {
  std::string address;
  std::uint64_t port;
  std::string setting;
};

std::string refusal_of_address(std::string_view address, std::uint64_t port) {
  if (address.starts_with('['))
    return fmt::format("listen tcp: address [{}]:{}: missing port in address", address, port);
  if (address.find('/') != std::string_view::npos || address.find('*') != std::string_view::npos ||
      !is_numeric_address(address)) {
    return fmt::format("listen tcp: lookup {}: no such host", address);
  }
  return {};
}

void one_listener(Context& context, std::vector<Listener>& open, const Listener& wanted) {
  const bool own = wanted.setting == "port";
  const std::string refusal = refusal_of_address(wanted.address, wanted.port);
  if (!wanted.address.empty() && wanted.address != "localhost" && !refusal.empty()) {
    stop(context, findings::bind_address_invalid, "bind_addresses", refusal,
         fmt::format("bind_addresses holds \"{}\", which is no IP address.", printable(wanted.address, 60)))
        .change(
            "Write IP addresses of this host alone into bind_addresses, without port or length, then restart "
            "LiveKit");
    return;
  }
  if (wanted.port > 65535) {
    stop(context, findings::config_port_invalid, wanted.setting,
         fmt::format("listen tcp: address {}: invalid port", wanted.port),
         fmt::format("{} {} is no port.", wanted.setting, wanted.port))
        .change(fmt::format("Set {} to a port up to 65535, then restart LiveKit", wanted.setting));
    return;
  }
  for (const Listener& other : open) {
    if (wanted.port == 0 || other.port != wanted.port || !meet(other.address, wanted.address)) continue;
    const std::string reason =
        fmt::format("listen tcp {}: bind: address already in use", joined(wanted.address, wanted.port));
    if (own && other.setting == "port") {
      stop(context, findings::bind_address_invalid, "bind_addresses", reason,
           fmt::format("bind_addresses asks twice for port {}: \"{}\" takes the addresses of both families.",
                       wanted.port, printable(other.address, 60)))
          .change("Leave bind_addresses out to listen on all addresses, then restart LiveKit");
    } else {
      stop(context, findings::config_port_conflict, wanted.setting, reason,
           fmt::format("{} and {} are both {}: LiveKit does not start.", other.setting, wanted.setting,
                       wanted.port))
          .change(fmt::format("Give {} another port than {}, then restart LiveKit", wanted.setting,
                              other.setting));
    }
    return;
  }
  open.push_back(wanted);
}

std::uint64_t metrics_port(const Context& context, std::string& setting) {
  setting = "prometheus_port";
  if (const auto port = context.number("prometheus_port"); port > 0) return port;
  setting = "prometheus.port";
  return context.number("prometheus.port");
}

}  // namespace

void rehearse_listeners(Context& context) {
  std::vector<Listener> open;
  const LiveKitSettings& settings = context.settings();
  if (settings.tcp_port.value != 0) open.push_back({"", settings.tcp_port.value, "rtc.tcp_port"});
  if (context.flag("turn.enabled") && context.integer("turn.tls_port") > 0) {
    for (const std::string& address : context.turn_addresses())
      open.push_back({address, context.number("turn.tls_port"), "turn.tls_port"});
  }
  const bool all = context.listens_everywhere();
  const std::vector<std::string> addresses =
      all ? std::vector<std::string>{""} : settings.bind_addresses.value;
  std::string metrics_setting;
  const std::uint64_t metrics = metrics_port(context, metrics_setting);
  for (const std::string& address : addresses) {
    if (context.is_refused()) return;
    one_listener(context, open, {address, settings.port.value, "port"});
    if (metrics != 0) one_listener(context, open, {address, metrics, metrics_setting});
    if (context.number("debug_handler.port") != 0)
      one_listener(context, open, {address, context.number("debug_handler.port"), "debug_handler.port"});
  }
}

void rehearse_turn(Context& context) {
  if (!context.flag("turn.enabled")) return;
  const std::int64_t tls = context.integer("turn.tls_port"), udp = context.integer("turn.udp_port");
  const std::string domain = context.string("turn.domain");
  if (tls <= 0 && udp <= 0) {
    stop(context, findings::turn_start_config_error, "turn.enabled", "invalid TURN ports",
         "turn.enabled is true and TURN has no port.")
        .change(
            "Set turn.udp_port: 3478 (and turn.tls_port with domain and certificate where TLS is wanted), "
            "then restart LiveKit");
    return;
  }
  if (tls > 0 && domain.empty()) {
    stop(context, findings::turn_start_config_error, "turn.tls_port", "TURN domain required",
         "turn.tls_port is set without turn.domain.")
        .change("Set turn.domain to the name that the TURN certificate carries, then restart LiveKit");
    return;
  }
  if (tls > 0 && !is_turn_domain(domain)) {
    stop(context, findings::turn_start_config_error, "turn.domain", "TURN domain is not correct",
         fmt::format("turn.domain \"{}\" is no full host name.", printable(domain, 60)))
        .change(
            "Set turn.domain to a full name such as turn.example.org, without scheme, port or blank, then "
            "restart LiveKit");
    return;
  }
  rehearse_turn_sockets(context);
}

namespace {

bool is_turn_dual_stack(const Context& context) {
  return find_field(*context.schema, "turn.bind_addresses") != nullptr;
}

/// Each address that TURN listens on wants one of the node's own in its family.
bool turn_addresses_fit(Context& context) {
  if (!is_turn_dual_stack(context)) return true;
  const bool own_v6_only =
      context.node_ip.v4.empty() && !context.node_ip.v6.empty() && !context.settings().use_external_ip.value;
  const std::vector<std::string> addresses = context.turn_addresses();
  if (addresses.empty()) {
    stop(context, findings::turn_start_config_error, "turn.bind_addresses",
         "turn: PacketConnConfigs and ConnConfigs are empty, unable to proceed",
         "turn.bind_addresses is empty.")
        .change("Remove turn.bind_addresses, then restart LiveKit");
    return false;
  }
  for (const std::string& address : addresses) {
    const bool v4 = go_ip(address) && is_ipv4(*go_ip(address));
    if (v4 ? own_v6_only : context.node_ip.v6.empty()) {
      stop(context, findings::turn_start_config_error, "turn.bind_addresses", "no matching node IP for relay",
           fmt::format("TURN listens on {} and the node has no address of that family.",
                       printable(address, 60)))
          .change(
              "Give rtc.node_ip an address of the same family, or turn.bind_addresses one of the node's, "
              "then restart LiveKit");
      return false;
    }
  }
  return true;
}

}  // namespace

void rehearse_turn_sockets(Context& context) {
  if (!turn_addresses_fit(context)) return;
  if (context.integer("turn.tls_port") > 0 && !context.flag("turn.external_tls")) certificate(context);
  if (context.is_refused()) return;
  rehearse_turn_ports(context);
}

void rehearse_turn_ports(Context& context) {
  const std::int64_t tls = context.integer("turn.tls_port"), udp = context.integer("turn.udp_port");
  if (tls > 65535 || udp > 65535) {
    const bool of_tls = tls > 65535;
    stop(context, findings::turn_start_config_error, of_tls ? "turn.tls_port" : "turn.udp_port",
         fmt::format("could not listen on TURN {} port: listen {}: address {}: invalid port",
                     of_tls ? "TCP" : "UDP",
                     std::string(of_tls ? "tcp" : "udp") + (is_turn_dual_stack(context) ? "" : "4"),
                     of_tls ? tls : udp),
         "A TURN port is above 65535.");
    return;
  }
  const bool mux = !context.flag("rtc.force_tcp") && (context.range_start == 0 || context.range_end == 0);
  if (udp > 0 && mux && context.udp_port.start == udp) {
    stop(context, findings::turn_start_config_error, "turn.udp_port",
         "could not listen on TURN UDP port: listen udp: bind: address already in use",
         fmt::format("rtc.udp_port and turn.udp_port are both {}.", udp))
        .change("Give turn.udp_port another port than rtc.udp_port, then restart LiveKit");
  }
  const std::vector<std::string> addresses = context.turn_addresses();
  const bool twice = addresses.size() > 1 && std::any_of(addresses.begin(), addresses.end(),
                                                         [](const std::string& a) { return is_any(a); });
  if (twice) {
    stop(context, findings::turn_start_config_error, "turn.bind_addresses",
         fmt::format("could not listen on TURN {} port: bind: address already in use",
                     tls > 0 ? "TCP" : "UDP"),
         "turn.bind_addresses asks twice for the same port: a wildcard takes the addresses of both families.")
        .change("Remove turn.bind_addresses, then restart LiveKit");
  }
  if (tls > 0 && static_cast<std::uint64_t>(tls) == context.settings().tcp_port.value) {
    stop(context, findings::turn_start_config_error, "turn.tls_port",
         "could not listen on TURN TCP port: bind: address already in use",
         fmt::format("rtc.tcp_port and turn.tls_port are both {}.", tls))
        .change("Give turn.tls_port another port than rtc.tcp_port, then restart LiveKit");
  }
}

void certificate(Context& context) {
  const Given* flag = context.arguments.find("turn-cert");
  const Given* key_flag = context.arguments.find("turn-key");
  const std::string cert = flag != nullptr ? flag->text : context.string("turn.cert_file");
  const std::string key = key_flag != nullptr ? key_flag->text : context.string("turn.key_file");
  if (!cert.empty() && !key.empty()) {
    context.depend("the TURN certificate " + cert);
    return;
  }
  if (!cert.empty()) {
    context.depend("the TURN certificate " + cert);
    // Whether the certificate is there or not, the key is missing.
  }
  stop(context, findings::turn_start_config_error, "turn.tls_port",
       "TURN tls cert required: open : no such file or directory",
       "turn.tls_port is set without certificate and key.")
      .change(
          "Set turn.cert_file and turn.key_file, or turn.external_tls: true behind an L4 balancer, then "
          "restart LiveKit");
}

}  // namespace lkdoctor::config
