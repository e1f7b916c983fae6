// SPDX-License-Identifier: EUPL-1.2
#include "serve/answers_shown.hpp"

namespace lkdoctor::serve {
namespace {

Response page(std::string html) {
  Response out;
  out.content_type = "text/html; charset=utf-8";
  out.body = std::move(html);
  return out;
}

ShownTarget shown(const Board& board, const std::string& name, const Pasts& past) {
  ShownTarget out;
  out.name = name;
  out.report = board.report(name);
  out.since_ms = board.verdict_since_ms(name);
  out.stale = board.is_stale(name);
  for (const Standing& cause : board.causes(name)) out.causes_since_ms.push_back(cause.since_ms);
  const auto found = past ? past->find(name) : std::map<std::string, Past>::const_iterator{};
  if (past && found != past->end()) out.past = &found->second;
  return out;
}

}  // namespace

Response overview_answer(const Site& site, const Board& board, const Settings& settings, const Pasts& past) {
  std::vector<ShownTarget> targets;
  for (const Target& target : settings.targets) targets.push_back(shown(board, target.name, past));
  return page(overview_page(site, targets));
}

Response target_answer(const Site& site, const Board& board, const std::string& target, const Pasts& past) {
  return page(target_page(site, shown(board, target, past)));
}

Response incident_answer(const Site& site, const Board& board, const Call& call, const Pasts& past) {
  if (!past) return says(503, "What was before is not known now.");
  auto html = incident_page(site, shown(board, call.target, past), call.from_ms);
  if (!html) return says(404, call.target + " has no incident that began then.");
  return page(std::move(*html));
}

}  // namespace lkdoctor::serve
