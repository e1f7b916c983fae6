// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <lkdoctor/text.hpp>

#include "config/livekit_context.hpp"
#include "model/secrets.hpp"

namespace lkdoctor::config {
namespace {

/// The name alone; a text that swallowed its secret for want of a blank is cut there.
std::string public_name(const KeyPair& pair) {
  return shown_key_name(pair.name.substr(0, pair.name.find(':')), pair.secret, 100);
}

void conclude_udp(Context& context) {
  LiveKitSettings& settings = context.settings();
  if (context.flag("rtc.force_tcp")) return;
  const auto number = [](std::uint64_t port) { return static_cast<std::uint32_t>(port & 0xffffU); };
  if (context.range_start != 0 && context.range_end != 0) {
    settings.udp = PortRange{number(context.range_start), number(context.range_end)};
    settings.udp_origin = context.origin("rtc.port_range_start");
  } else if (context.udp_port.start != 0) {
    const auto first = static_cast<std::uint32_t>(context.udp_port.start);
    const auto last = static_cast<std::uint32_t>(std::max(context.udp_port.start, context.udp_port.end));
    settings.udp = PortRange{first, last};
    settings.udp_is_mux = true;
    const Given* flag = context.arguments.find("udp-port");
    settings.udp_origin =
        flag != nullptr && check_udp_port(flag->text).empty() ? flag->origin : context.origin("rtc.udp_port");
  }
}

void conclude_node_ip(Context& context) {
  LiveKitSettings& settings = context.settings();
  // The address that STUN finds replaces what was configured.
  if (settings.use_external_ip.value) return;
  std::vector<std::string> addresses;
  if (!context.old_node_ip.empty()) addresses.push_back(context.old_node_ip);
  for (const std::string& address : {context.node_ip.v4, context.node_ip.v6}) {
    if (!address.empty()) addresses.push_back(address);
  }
  const Given* flag = context.arguments.find("node-ip");
  const Value* file = context.in_file("rtc.node_ip");
  Origin origin = file != nullptr ? context.origin_of(file->node) : context.origin("rtc.node_ip");
  const bool typed = find_field(*context.schema, "rtc.node_ip")->kind == FieldKind::custom;
  if (flag != nullptr && (file == nullptr || !typed)) origin = flag->origin;
  if (addresses.empty()) origin = {};
  settings.node_ip = {std::move(addresses), origin};
}

void conclude_turn(Context& context) {
  LiveKitSettings& settings = context.settings();
  settings.turn = {context.flag("turn.enabled"), context.string("turn.domain"),
                   static_cast<std::uint32_t>(context.number("turn.udp_port")),
                   static_cast<std::uint32_t>(context.number("turn.tls_port")),
                   context.flag("turn.external_tls")};
  settings.turn_origin = context.origin(context.is_given("turn.domain") ? "turn.domain" : "turn.enabled");
  const Value* servers = context.in_file("rtc.turn_servers");
  if (servers == nullptr) return;
  for (const Value& server : servers->items) {
    const auto text = [&](std::string_view name) {
      const Value* value = server.find(name);
      const auto* found = value == nullptr ? nullptr : std::get_if<std::string>(&value->scalar);
      return found == nullptr ? std::string() : *found;
    };
    const Value* port = server.find("port");
    const auto* number = port == nullptr ? nullptr : std::get_if<std::int64_t>(&port->scalar);
    settings.turn_servers.push_back({text("host"),
                                     number == nullptr ? 0U : static_cast<std::uint32_t>(*number),
                                     text("protocol"), context.origin_of(server.node)});
    context.out.turn_servers.push_back(
        {text("username"), Secret(text("credential")), Secret(text("secret"))});
  }
}

Json effective(const LiveKitSettings& settings) {
  Json keys = Json::array();
  for (const LiveKitKey& key : settings.keys) keys.push_back(key.name);
  std::string addresses;
  for (const std::string& address : settings.node_ip.value)
    addresses += (addresses.empty() ? "" : ",") + printable(address);
  const LiveKitTurn& turn = settings.turn;
  return {{"port", settings.port.value},
          {"bind_addresses", settings.bind_addresses.value},
          {"tcp_port", settings.tcp_port.value},
          {"udp", settings.udp ? Json(text(*settings.udp)) : Json()},
          {"node_ip", addresses.empty() ? Json() : Json(addresses)},
          {"use_external_ip", settings.use_external_ip.value},
          {"keys", keys},
          {"turn", Json(turn)},
          {"development", settings.development},
          {"udp_is_mux", settings.udp_is_mux}};
}

}  // namespace

void conclude(Context& context) {
  LiveKitSettings& settings = context.settings();
  for (const KeyPair& pair : context.keys) {
    settings.keys.push_back({public_name(pair), traits_of(pair.secret), pair.origin});
    context.out.keys.insert_or_assign(pair.name, pair.secret);
  }
  conclude_udp(context);
  conclude_node_ip(context);
  conclude_turn(context);
  const auto& error = context.document.error;
  // Of a file that was not read, the defaults are not what is in force.
  const bool unread = error && error->kind == yaml::Error::Kind::limit;
  settings.effective = unread ? Json() : effective(settings);
  if (!unread) settings.effective["departure_timeout"] = context.number("room.departure_timeout");
  if (context.is_refused()) return;
  if (context.depends_on.empty()) {
    settings.accepted = true;
  } else {
    settings.accepted.reset();
    settings.reason = "depends on " + context.depends_on;
  }
}

}  // namespace lkdoctor::config
