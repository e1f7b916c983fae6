// SPDX-License-Identifier: EUPL-1.2
#include "model/recording.hpp"

#include <stdexcept>

namespace lkdoctor {
namespace {

constexpr const char* kSchema = "lkdoctor.recording/1";
constexpr std::size_t kMaxBytes = 64 << 20;
constexpr std::size_t kMaxDepth = 80;  // the engine lets 64 pass within one observation

}  // namespace

void redact(Json& value, const Redactor& redactor) {
  if (value.is_string()) {
    value = redactor.clean(value.get_ref<const std::string&>());
  } else if (value.is_structured()) {
    for (auto& member : value) redact(member, redactor);
  }
}

std::string dump_recording(const Recording& recording) {
  Json json = recording;
  json["schema"] = kSchema;
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Recording load_recording(std::string_view text) {
  if (text.size() > kMaxBytes) throw std::invalid_argument("the recording is longer than 64 MiB");
  const auto json = parse_bounded(text, kMaxBytes, kMaxDepth);
  if (!json || !json->is_object()) {
    throw std::invalid_argument("the recording is not JSON, or nested too deeply");
  }
  if (json->value("schema", Json()) != kSchema) {
    throw std::invalid_argument(std::string("the text is not of the schema ") + kSchema);
  }
  try {
    return json->get<Recording>();
  } catch (const Json::exception& error) {
    throw std::invalid_argument(std::string("the recording is damaged: ") + error.what());
  }
}

}  // namespace lkdoctor
