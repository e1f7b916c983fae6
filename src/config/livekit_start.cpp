// SPDX-License-Identifier: EUPL-1.2
#include <fmt/format.h>

#include <algorithm>
#include <lkdoctor/address.hpp>
#include <lkdoctor/findings.hpp>
#include <lkdoctor/text.hpp>

#include "config/livekit_context.hpp"

/// The start of the server step by step, in its order; each step may end it.
namespace lkdoctor::config {
namespace {

Finding& stop(Context& context, const FindingDef& definition, std::string_view path,
              const std::string& reason, std::string sentence) {
  context.refuse(reason);
  return context.raise_at(definition, path, std::move(sentence)).with("server_says", printable(reason, 300));
}

void external_address(Context& context) {
  if (!context.settings().use_external_ip.value) return;
  for (const std::string& server : context.settings().stun_servers.value) {
    const std::size_t colon = server.rfind(':');
    const bool good =
        colon != std::string::npos && (server.find(':') == colon || server.find("]:") != std::string::npos);
    if (good) continue;
    // The others of the list may still answer.
    context
        .raise_at(findings::config_value_ignored, "rtc.stun_servers",
                  fmt::format("LiveKit cannot use the STUN server \"{}\"; it wants HOST:PORT.",
                              printable(server, 60)))
        .change("Write the STUN server as HOST:PORT, without \"stun:\", then restart LiveKit");
  }
  context.depend("STUN");
}

void turn_secrets(Context& context) {
  const Value* servers = context.in_file("rtc.turn_servers");
  if (servers == nullptr || !context.since("1.13.0")) return;
  for (const Value& server : servers->items) {
    const Value* file = server.find("secret_file");
    const Value* secret = server.find("secret");
    const auto* path = file == nullptr ? nullptr : std::get_if<std::string>(&file->scalar);
    if (path != nullptr && !path->empty() && (secret == nullptr || !secret->is_set))
      context.depend("the TURN secret file " + *path);
  }
}

void node_selector(Context& context) {
  const std::string kind = context.string("node_selector.kind");
  const bool known = kind.empty() || kind == "any" || kind == "cpuload" || kind == "sysload" ||
                     kind == "regionaware" || kind == "random";
  if (!known) {
    stop(context, findings::config_value_refused, "node_selector.kind", "unsupported node selector",
         fmt::format("LiveKit knows no node selector \"{}\".", printable(kind, 60)))
        .change("Use any, sysload, cpuload or regionaware for node_selector.kind, then restart LiveKit");
  }
  if (kind != "regionaware") return;
  const Given* flag = context.arguments.find("region");
  const std::string region = flag != nullptr ? flag->text : context.string("region");
  if (region.empty()) {
    stop(context, findings::config_value_refused, "node_selector.kind", "current region cannot be blank",
         "node_selector.kind is regionaware and this node has no region.")
        .change(
            "Set region: to the name of this node's region, or node_selector.kind to any, then restart "
            "LiveKit");
    return;
  }
  const Value* regions = context.in_file("node_selector.regions");
  if (regions == nullptr || regions->items.empty()) return;
  const bool listed = std::any_of(regions->items.begin(), regions->items.end(), [&](const Value& entry) {
    const Value* name = entry.find("name");
    const auto* text = name == nullptr ? nullptr : std::get_if<std::string>(&name->scalar);
    return text != nullptr && *text == region;
  });
  if (listed) return;
  stop(context, findings::config_value_refused, "region", "unknown lat and lon for the current region",
       fmt::format("The region \"{}\" is not among node_selector.regions.", printable(region, 60)));
}

void node_stats(Context& context) {
  if (find_field(*context.schema, "node_stats.stats_update_interval") == nullptr) return;
  const std::int64_t interval = context.integer("node_stats.stats_update_interval");
  if (interval > 0) return;
  std::int64_t longest =
      context.in_file("node_stats.stats_rate_measurement_intervals") == nullptr ? 10'000'000'000 : 0;
  if (const Value* given = context.in_file("node_stats.stats_rate_measurement_intervals")) {
    for (const Value& item : given->items) longest = std::max(longest, std::get<std::int64_t>(item.scalar));
  }
  // The history gets this many places; none is too few, but is noticed only later.
  if (interval < 0 && (longest + interval - 1) / interval >= 0) {
    context.raise_at(findings::config_value_ignored, "node_stats.stats_update_interval",
                     "node_stats.stats_update_interval is below 0: LiveKit cannot measure its load.");
    return;
  }
  stop(context, findings::config_value_refused, "node_stats.stats_update_interval",
       interval == 0 ? "panic: runtime error: integer divide by zero"
                     : "panic: runtime error: makeslice: len out of range",
       "LiveKit crashes at start when node_stats.stats_update_interval is not above 0.")
      .change("Set node_stats.stats_update_interval to a time such as 2s, then restart LiveKit");
}

void webhook(Context& context) {
  if (context.list("webhook.urls").empty() || context.keys_unknown) return;
  const std::string name = context.string("webhook.api_key");
  for (const KeyPair& pair : context.keys) {
    if (pair.name == name && !pair.secret.empty()) return;
  }
  stop(context, findings::config_value_refused, "webhook.urls", "api_key is required to use webhooks",
       name.empty() ? "webhook.urls is set without webhook.api_key."
                    : fmt::format("webhook.api_key \"{}\" is not among the keys.", printable(name, 60)))
      .change("Set webhook.api_key to one of the names below keys:, then restart LiveKit");
}

void redis(Context& context) {
  const Given* host = context.arguments.find("redis-host");
  const std::string address = host != nullptr ? host->text : context.string("redis.address");
  if (!address.empty() || !context.list("redis.sentinel_addresses").empty() ||
      !context.list("redis.cluster_addresses").empty()) {
    context.depend("Redis");
  }
}

void address_filter(Context& context) {
  for (const std::string_view path : {"rtc.ips.includes", "rtc.ips.excludes"}) {
    for (const std::string& entry : context.list(path)) {
      if (is_cidr(entry)) continue;
      stop(context, findings::config_value_refused, path, "invalid CIDR address: " + entry,
           fmt::format("{} holds \"{}\", which is no network.", path, printable(entry, 60)))
          .change(fmt::format("Write networks with their length into {}, such as {}, then restart LiveKit",
                              path, go_ip(entry) ? entry + (is_ipv4(entry) ? "/32" : "/128") : "10.0.0.0/8"));
      return;
    }
  }
}

void udp_sockets(Context& context) {
  if (context.flag("rtc.force_tcp")) return;
  // The range is cut to 16 bits before anything is looked at.
  const auto first = context.range_start & 0xffffU, last = context.range_end & 0xffffU;
  if (context.range_start != 0 && context.range_end != 0) {
    if (last < first) {
      stop(context, findings::config_port_invalid, "rtc.port_range_end", "invalid port",
           fmt::format("The UDP range {}-{} is none: LiveKit does not start.", context.range_start,
                       context.range_end))
          .change(
              "Give rtc.port_range_start the lower and rtc.port_range_end the higher port, both at most "
              "65535, then restart LiveKit");
    } else if (first == last && context.settings().use_external_ip.value) {
      stop(context, findings::config_port_invalid, "rtc.port_range_end", "panic: invalid argument to Intn",
           "LiveKit crashes at start: rtc.use_external_ip with a UDP range of one port.")
          .change("Give the UDP range at least two ports, then restart LiveKit");
    }
    return;
  }
  if (context.udp_port.start > 65535 || context.udp_port.start < 0) {
    stop(context, findings::config_port_invalid, "rtc.udp_port",
         fmt::format("listen udp ADDRESS:{}: bind: invalid argument", context.udp_port.start),
         fmt::format("rtc.udp_port {} is no port.", context.udp_port.start))
        .change("Set rtc.udp_port to a port up to 65535, then restart LiveKit");
  }
}

void tcp_socket(Context& context) {
  const std::uint32_t port = context.settings().tcp_port.value;
  if (port > 65535) {
    stop(context, findings::config_port_invalid, "rtc.tcp_port",
         fmt::format("listen tcp :{}: bind: invalid argument", port),
         fmt::format("rtc.tcp_port {} is no port.", port))
        .change("Set rtc.tcp_port to a port up to 65535, then restart LiveKit");
  }
  if (port != 0 || !context.flag("rtc.force_tcp")) return;
  stop(context, findings::config_port_invalid, "rtc.tcp_port", "TCP is forced but not configured",
       "rtc.force_tcp is true and rtc.tcp_port is 0: no way is left for media.")
      .change("Remove rtc.force_tcp, then restart LiveKit");
}

}  // namespace

void rehearse_start(Context& context) {
  if (context.is_refused()) return;
  external_address(context);
  read_keys(context);
  turn_secrets(context);
  node_stats(context);
  redis(context);
  node_selector(context);
  webhook(context);
  address_filter(context);
  udp_sockets(context);
  tcp_socket(context);
  rehearse_turn(context);
  rehearse_listeners(context);
}

}  // namespace lkdoctor::config
