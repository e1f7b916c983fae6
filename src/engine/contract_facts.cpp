// SPDX-License-Identifier: EUPL-1.2
#include "engine/contract_facts.hpp"

#include <lkdoctor/text.hpp>
#include <span>

namespace lkdoctor::engine {
namespace {

/// What stands for "not measured".
enum class Absent { null, list, none, unknown };

struct Promised {
  std::string_view name;
  Absent absent = Absent::null;
};

constexpr Promised kConfigLivekit[] = {{"accepted"}, {"version"}, {"reason"}, {"effective"}};
constexpr Promised kConfigController[] = {{"accepted"},   {"reason"},      {"file"},    {"section"},
                                          {"public_url"}, {"service_url"}, {"api_key"}, {"secret_length"}};
constexpr Promised kComposeFiles[] = {{"accepted"}, {"reason"}, {"livekit"}};
constexpr Promised kTopology[] = {{"topology", Absent::unknown}};
constexpr Promised kApiKey[] = {{"server_clock_offset_seconds"}, {"server_version"}};
constexpr Promised kAddressExternal[] = {{"servers", Absent::list}, {"agreed"}, {"mapping"}};
constexpr Promised kUdpRange[] = {{"responder_mode"},          {"range"},    {"evidence", Absent::none},
                                  {"intervals", Absent::list}, {"rate_pps"}, {"loss_ratio"}};
constexpr Promised kMedia[] = {
    {"transport"}, {"connected"}, {"rtt_ms"}, {"loss_ratio"}, {"candidates", Absent::list}};

struct Row {
  std::string_view check;  ///< glob
  std::span<const Promised> facts;
};
constexpr Row kTable[] = {
    {"config_livekit", kConfigLivekit},
    {"config_controller", kConfigController},
    {"compose_files", kComposeFiles},
    {"signalling_topology", kTopology},
    {"api_key", kApiKey},
    {"address_external", kAddressExternal},
    {"udp_range", kUdpRange},
    {"media_*", kMedia},
    {"turn_*", kMedia},
};

OrderedJson value_for(Absent absent) {
  switch (absent) {
    case Absent::null:
      return {};
    case Absent::list:
      return OrderedJson::array();
    case Absent::none:
      return "none";
    case Absent::unknown:
      return "unknown";
  }
  return {};
}

}  // namespace

OrderedJson with_promised_facts(std::string_view id, OrderedJson facts) {
  OrderedJson out = OrderedJson::object();
  for (const Row& row : kTable) {
    if (!matches_glob(row.check, id)) continue;
    for (const Promised& promised : row.facts) {
      const auto found = facts.find(promised.name);
      out[std::string(promised.name)] = found == facts.end() ? value_for(promised.absent) : *found;
    }
  }
  for (const auto& [key, value] : facts.items()) {
    if (!out.contains(key)) out[key] = value;
  }
  return out;
}

}  // namespace lkdoctor::engine
