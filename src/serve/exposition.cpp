// SPDX-License-Identifier: EUPL-1.2
#include "serve/exposition.hpp"

#include <fmt/format.h>

#include <cmath>

namespace lkdoctor::serve {
namespace {

/// Label values escape these three, in both formats.
std::string escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out;
}

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

std::string_view suffix(MetricType type) {
  if (type == MetricType::counter) return "_total";
  return type == MetricType::info ? "_info" : "";
}

/// 0.0.4 names a family like its samples and knows no info.
std::string head_of_prometheus(const Family& family) {
  const std::string name = std::string(family.name) + std::string(suffix(family.type));
  const bool counter = family.type == MetricType::counter;
  return fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", name, family.help, counter ? "counter" : "gauge");
}

std::string_view type_in_openmetrics(MetricType type) {
  if (type == MetricType::counter) return "counter";
  return type == MetricType::info ? "info" : "gauge";
}

std::string head_of_openmetrics(const Family& family) {
  std::string out = fmt::format("# TYPE {} {}\n", family.name, type_in_openmetrics(family.type));
  if (!family.unit.empty()) out += fmt::format("# UNIT {} {}\n", family.name, family.unit);
  return out + fmt::format("# HELP {} {}\n", family.name, family.help);
}

}  // namespace

std::string_view content_type(TextFormat format) {
  return format == TextFormat::openmetrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                           : "text/plain; version=0.0.4; charset=utf-8";
}

Block::Block(std::string_view target) {
  if (!target.empty()) target_label_ = "target=\"" + escaped(target) + "\"";
}

void Block::add(Metric metric, Labels labels, double value) {
  std::string inside = target_label_;
  for (const Label& label : labels) {
    inside += fmt::format("{}{}=\"{}\"", inside.empty() ? "" : ",", label.name, escaped(label.value));
  }
  if (!inside.empty()) inside = "{" + inside + "}";
  const Family& its = family(metric);
  chunk(metric).text += fmt::format("{}{}{} {}\n", its.name, suffix(its.type), inside, number(value));
  ++series_;
}

void Block::add(Metric metric, double value, const Exemplar& exemplar) {
  Chunk& into = chunk(metric);
  const std::size_t before = into.text.size();
  add(metric, {}, value);
  const std::string sample = into.text.substr(before, into.text.size() - before - 1);
  into.with_exemplars += fmt::format("{} # {{run_id=\"{}\"}} 1 {}.{:03}\n", sample, escaped(exemplar.run),
                                     exemplar.at_ms / 1000, exemplar.at_ms % 1000);
}

std::string_view Block::samples(Metric metric, TextFormat format) const {
  const Chunk& its = chunks_[static_cast<std::size_t>(metric)];
  const bool exemplars = format == TextFormat::openmetrics && !its.with_exemplars.empty();
  return exemplars ? its.with_exemplars : its.text;
}

Scrape::Scrape(std::vector<std::shared_ptr<const Block>> blocks, TextFormat format)
    : blocks_(std::move(blocks)) {
  for (std::size_t at = 0; at < kFamilies.size(); ++at) {
    bool first = true;
    for (const auto& block : blocks_) {
      const std::string_view samples = block->samples(static_cast<Metric>(at), format);
      if (samples.empty()) continue;
      if (first) {
        heads_[at] = format == TextFormat::openmetrics ? head_of_openmetrics(kFamilies[at])
                                                       : head_of_prometheus(kFamilies[at]);
        append(heads_[at]);
      }
      first = false;
      append(samples);
    }
  }
  if (format == TextFormat::openmetrics) append("# EOF\n");
}

void Scrape::append(std::string_view piece) {
  pieces_.push_back(piece);
  size_ += piece.size();
}

std::string Scrape::text() const {
  std::string out;
  out.reserve(size_);
  for (const std::string_view piece : pieces_) out += piece;
  return out;
}

}  // namespace lkdoctor::serve
