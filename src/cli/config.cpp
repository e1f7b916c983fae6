// SPDX-License-Identifier: EUPL-1.2
#include <algorithm>
#include <lkdoctor/text.hpp>

#include "cli/commands.hpp"
#include "model/secrets.hpp"

namespace lkdoctor::cli {
namespace {

std::string as_text(const std::vector<Setting>& settings) {
  std::size_t widest = 0;
  for (const Setting& setting : settings) widest = std::max(widest, setting.key.size());
  std::string out;
  for (const Setting& setting : settings) {
    const std::string key = setting.key + std::string(widest - setting.key.size(), ' ');
    out +=
        key + " = " + printable(setting.value, 300) + "   (" + printable(text(setting.origin), 300) + ")\n";
  }
  return out;
}

std::string as_json(const std::vector<Setting>& settings) {
  OrderedJson list = OrderedJson::array();
  for (const Setting& setting : settings) {
    list.push_back({{"key", setting.key}, {"value", setting.value}, {"source", text(setting.origin)}});
  }
  return list.dump(2, ' ', false, OrderedJson::error_handler_t::replace) + "\n";
}

std::string shown(config::Loaded& target, const Session&, bool json) {
  const Redactor redactor = redactor_for(target.deployment);
  std::vector<Setting> settings = target.settings;
  for (Setting& setting : settings) setting.value = redactor.clean(setting.value);
  return json ? as_json(settings) : as_text(settings);
}

}  // namespace

int run_config(const Session& session) {
  return show_targets(session, shown);
}

}  // namespace lkdoctor::cli
