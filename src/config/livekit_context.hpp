// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "config/livekit.hpp"
#include "config/livekit_arguments.hpp"
#include "config/livekit_decode.hpp"
#include "config/livekit_ports.hpp"

namespace lkdoctor::config {

/// One pair of keys as read; `origin` of the secret.
struct KeyPair {
  std::string name;
  Secret secret;
  Origin origin;
  const yaml::Node* node = nullptr;  ///< of the secret, in the file
};

/// Everything that the steps of judging one configuration share. The steps run in the order in which the
/// server itself would stumble.
struct Context {
  const LiveKitInputs& inputs;
  LiveKitReading& out;
  std::string version;  ///< judged for
  const KeyTable& table;
  std::unique_ptr<Field> schema;
  Origin source;  ///< of the YAML: the file or $LIVEKIT_CONFIG
  std::string yaml_text;
  yaml::Document document;
  Decoded decoded;
  Arguments arguments;
  UdpPort udp_port;
  NodeIp node_ip;           ///< since 1.10
  std::string old_node_ip;  ///< until 1.9.12: any text
  std::uint64_t range_start = 0, range_end = 0;
  std::vector<KeyPair> keys;
  std::string key_file;       ///< in force; "" = none
  bool keys_unknown = false;  ///< the key file cannot be looked at from here
  std::string depends_on;     ///< what outside decides: "Redis", "STUN" …; "" = nothing

  bool since(std::string_view first) const { return compare_versions(version, first) >= 0; }
  LiveKitSettings& settings() const { return out.settings; }

  // The values in force: a generated flag or variable, else the file, else the default.
  bool is_given(std::string_view path) const;
  std::uint64_t number(std::string_view path) const;  ///< 0 for what is negative
  std::int64_t integer(std::string_view path) const;
  bool flag(std::string_view path) const;
  std::string string(std::string_view path) const;
  std::vector<std::string> list(std::string_view path) const;
  bool is_nil(std::string_view path) const;    ///< of a list: not set, or set to null
  Origin origin(std::string_view path) const;  ///< builtin: nobody gave it

  const Value* in_file(std::string_view path) const;  ///< null: not there, or nothing behind the key
  Origin origin_of(const yaml::Node* node) const;

  /// A finding at a node, with its line and a caret; secrets on that line are masked.
  Finding& raise(const FindingDef& definition, const yaml::Node* node, std::string sentence);
  Finding& raise(const FindingDef& definition, const Origin& origin, std::string sentence);
  /// The same at the value of a setting, wherever it comes from.
  Finding& raise_at(const FindingDef& definition, std::string_view path, std::string sentence);

  /// The server does not start, for this reason. The first one counts.
  void refuse(const std::string& reason);
  bool is_refused() const { return out.settings.accepted == false; }
  bool listens_everywhere() const;                  ///< no bind address at all
  std::vector<std::string> turn_addresses() const;  ///< on which TURN listens
  void depend(std::string_view on) {
    if (depends_on.empty()) depends_on = on;
  }
};

/// The line at `mark` with a caret of `width` characters; values that are or may be secret are masked.
std::string excerpt(const Context& context, yaml::Mark mark, int width);

/// Reads file, arguments and environment: YAML, types, unknown fields, duplicates.
void read_sources(Context& context);
/// Applies arguments and environment, and what the server derives from them.
void settle(Context& context);
void read_keys(Context& context);
/// Goes through the start as the server does: what stops it.
void rehearse_start(Context& context);
void rehearse_turn(Context& context);
void rehearse_turn_sockets(Context& context);
void rehearse_turn_ports(Context& context);
void certificate(Context& context);
void rehearse_listeners(Context& context);
/// What starts and is wrong all the same.
void look_for_traps(Context& context);
void look_at_room(Context& context);
void look_at_keys(Context& context);
/// Fills settings and `effective`.
void conclude(Context& context);

}  // namespace lkdoctor::config
