// SPDX-License-Identifier: EUPL-1.2
#include "engine/protocol.hpp"

namespace lkdoctor::engine {

using Kind = Message::Kind;

std::string encode(const Order& order) {
  const Json json{{"job", order.job},
                  {"target", order.target},
                  {"run", order.run},
                  {"facts", order.facts},
                  {"deadline_ms", order.deadline}};
  return dump_line(json) + "\n";
}

std::string encode(const Cancel& cancel) {
  return dump_line(Json{{"cancel", cancel.job}}) + "\n";
}

std::string encode(const Message& message) {
  if (message.kind == Kind::tick) return "{\"tick\":true}\n";
  Json json{{"job", message.job}, {"check", message.check}};
  switch (message.kind) {
    case Kind::tick:
      break;
    case Kind::log:
      json["log"] = message.text;
      break;
    case Kind::phase:
      json["phase"] = message.text;
      json["took_us"] = message.took;
      break;
    case Kind::effect:
      json["effect"] = message.text;
      break;
    case Kind::fact:
      json["fact"] = message.text;
      json["value"] = message.value;
      break;
    case Kind::observation:
      json["observation"] = message.value;
      json["took_us"] = message.took;
      break;
    case Kind::failed:
      json["failed"] = message.text;
      json["took_us"] = message.took;
      break;
  }
  return dump_line(json) + "\n";
}

std::optional<Command> decode_command(std::string_view line) {
  const auto json = parse_bounded(line, kTotalLimit, kDepthLimit + 2);
  if (!json) return std::nullopt;
  try {
    if (json->contains("cancel")) return Cancel{json->at("cancel").get<JobNumber>()};
    Order order;
    json->at("job").get_to(order.job);
    json->at("target").get_to(order.target);
    json->at("run").get_to(order.run);
    json->at("facts").get_to(order.facts);
    json->at("deadline_ms").get_to(order.deadline);
    return order;
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

namespace {

/// The message whose own field is `name`; its text or its value is that field.
bool take(const Json& json, const char* name, Kind kind, Message& message) {
  if (!json.contains(name)) return false;
  message.kind = kind;
  if (kind == Kind::observation) {
    message.value = json.at(name);
  } else {
    json.at(name).get_to(message.text);
  }
  if (kind == Kind::fact) message.value = json.at("value");
  if (kind == Kind::phase || kind == Kind::observation || kind == Kind::failed) {
    json.at("took_us").get_to(message.took);
  }
  return true;
}

}  // namespace

std::optional<Message> decode_message(std::string_view line) {
  const auto json = parse_bounded(line, kLineLimit, kDepthLimit);
  if (!json || !json->is_object()) return std::nullopt;
  try {
    Message message;
    if (json->contains("tick")) return message;
    json->at("job").get_to(message.job);
    json->at("check").get_to(message.check);
    if (take(*json, "log", Kind::log, message) || take(*json, "phase", Kind::phase, message) ||
        take(*json, "effect", Kind::effect, message) || take(*json, "fact", Kind::fact, message) ||
        take(*json, "observation", Kind::observation, message) ||
        take(*json, "failed", Kind::failed, message)) {
      return message;
    }
  } catch (const Json::exception&) {
    return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace lkdoctor::engine
