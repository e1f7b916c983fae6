// SPDX-License-Identifier: EUPL-1.2
#include "config/livekit_flags.hpp"

#include <fmt/format.h>

#include <array>
#include <cctype>

#include "config/yaml_scalar.hpp"

namespace lkdoctor::config {
namespace {

struct NamedFlag {
  std::string_view name, variable;
  FlagKind kind = FlagKind::text;
};
constexpr std::array<NamedFlag, 16> kNamed{{{"bind", "", FlagKind::list},
                                            {"config", ""},
                                            {"config-body", "LIVEKIT_CONFIG"},
                                            {"key-file", ""},
                                            {"keys", "LIVEKIT_KEYS"},
                                            {"region", "LIVEKIT_REGION"},
                                            {"node-ip", "NODE_IP"},
                                            {"udp-port", "UDP_PORT"},
                                            {"redis-host", "REDIS_HOST"},
                                            {"redis-password", "REDIS_PASSWORD"},
                                            {"turn-cert", "LIVEKIT_TURN_CERT"},
                                            {"turn-key", "LIVEKIT_TURN_KEY"},
                                            {"cpuprofile", ""},
                                            {"memprofile", ""},
                                            {"dev", "", FlagKind::boolean},
                                            {"disable-strict-config", "", FlagKind::boolean}}};

FlagKind kind_of_type(std::string_view type) {
  if (type == "bool") return FlagKind::boolean;
  return type == "string" ? FlagKind::text : FlagKind::number;
}

bool go_bool(std::string_view text, bool& out) {
  for (const std::string_view word : {"1", "t", "T", "TRUE", "true", "True"}) {
    if (text == word) return out = true, true;
  }
  for (const std::string_view word : {"0", "f", "F", "FALSE", "false", "False"}) {
    if (text == word) return out = false, true;
  }
  return false;
}

}  // namespace

std::vector<Flag> flags_of(const KeyTable& table) {
  std::vector<Flag> flags;
  for (const NamedFlag& named : kNamed) {
    flags.push_back({std::string(named.name), std::string(named.variable), named.kind, {}});
  }
  for (const KeyRow& row : table.rows) {
    std::string_view type = row.type;
    if (type.starts_with('*')) type.remove_prefix(1);
    const bool scalar = type != "struct" && !type.starts_with("[]") && !type.starts_with("map[");
    const bool inside =
        row.path.find_first_of("[{") != std::string_view::npos || row.path.starts_with("redis.tls.");
    if (!scalar || inside || row.path.empty() || row.path == "region") continue;
    std::string variable = "LIVEKIT_";
    for (const char c : row.path)
      variable += c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    flags.push_back({std::string(row.path), variable, kind_of_type(type), std::string(type)});
  }
  return flags;
}

// The flag library's number types are 64 bits wide.
std::string read_value(const Flag& flag, const std::string& text, bool old_library, Value& value) {
  value.is_set = true;
  if (flag.kind == FlagKind::text || flag.kind == FlagKind::list) {
    value.scalar = text;
    return {};
  }
  if (flag.kind == FlagKind::boolean) {
    bool on = false;
    if (!go_bool(text, on))
      return old_library ? fmt::format("strconv.ParseBool: parsing \"{}\": invalid syntax", text)
                         : "parse error";
    value.scalar = on;
    return {};
  }
  if (flag.type.starts_with("float")) {
    const auto number = yaml::go_float(text);
    if (!number) return fmt::format("strconv.ParseFloat: parsing \"{}\": invalid syntax", text);
    value.scalar = *number;
  } else if (flag.type.starts_with("uint")) {
    const auto number = yaml::go_uint(text);
    if (!number) return fmt::format("strconv.ParseUint: parsing \"{}\": invalid syntax", text);
    // The server converts to the field's width without a look.
    value.scalar = flag.type == "uint32"   ? *number & 0xffffffffU
                   : flag.type == "uint16" ? *number & 0xffffU
                   : flag.type == "uint8"  ? *number & 0xffU
                                           : *number;
  } else {
    const auto number = yaml::go_int(text);
    if (!number) return fmt::format("strconv.ParseInt: parsing \"{}\": invalid syntax", text);
    value.scalar = *number;
  }
  return {};
}

std::string_view go_type_name(const Flag& flag, bool old_library) {
  if (flag.kind == FlagKind::boolean) return "bool";
  if (flag.type.starts_with("uint")) return flag.type == "uint64" ? "uint64" : "uint";
  if (flag.type.starts_with("float")) return "float64";
  return !old_library && (flag.type == "int64" || flag.type == "duration") ? "int64" : "int";
}

}  // namespace lkdoctor::config
