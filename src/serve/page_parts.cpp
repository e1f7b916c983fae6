// SPDX-License-Identifier: EUPL-1.2
#include "serve/page_parts.hpp"

#include <algorithm>
#include <cmath>

#include "report/layout.hpp"

namespace lkdoctor::serve {
namespace {

struct ReadingRow {
  std::string_view name, label;
};
constexpr std::array kReadings{ReadingRow{"udp_rtt_seconds", "Round trip over UDP"},
                               ReadingRow{"tcp_rtt_seconds", "Round trip over TCP"},
                               ReadingRow{"turn-udp_rtt_seconds", "Round trip over TURN/UDP"},
                               ReadingRow{"turn-tls_rtt_seconds", "Round trip over TURN/TLS"},
                               ReadingRow{"udp_loss_ratio", "Packets lost over UDP"},
                               ReadingRow{"tcp_loss_ratio", "Packets lost over TCP"},
                               ReadingRow{"turn-udp_loss_ratio", "Packets lost over TURN/UDP"},
                               ReadingRow{"turn-tls_loss_ratio", "Packets lost over TURN/TLS"}};

std::string label_of(std::string_view name) {
  const auto known = std::ranges::find(kReadings, name, &ReadingRow::name);
  if (known != kReadings.end()) return std::string(known->label);
  std::string out(name.substr(0, name.rfind('_')));
  std::ranges::replace(out, '_', ' ');
  return out;
}

/// "11 ms", "0.4 %".
std::string with_unit(std::string_view name, double value) {
  if (name.ends_with("_ratio")) return report::number(value * 100.0) + " %";
  if (name.ends_with("_seconds")) return report::number(std::round(value * 10'000.0) / 10.0) + " ms";
  return report::number(value);
}

constexpr double kHeight = 40;

/// Points of a chart: time to the right, from 0 up to `top`. A slot without a value ends a line.
class Plot {
 public:
  Plot(const std::vector<Slot>& slots, std::int64_t now_ms) : slots_(slots), now_slot_(now_ms / kSlotMs) {
    for (const Slot& slot : slots) top_ = std::max(top_, slot.most);
  }

  Html line() const {
    std::string path;
    for (std::size_t i = 0; i < slots_.size(); ++i) {
      path += (begins(i) ? "M" : "L") + point(slots_[i], slots_[i].mean);
      if (begins(i) && (i + 1 == slots_.size() || begins(i + 1))) path += "h1";  // one alone is a dot
    }
    return html("<path class=\"line\" d=\"{}\"/>\n", path);
  }

  /// From the least to the most of each slot.
  Html band() const {
    std::string path;
    for (const Slot& slot : slots_) {
      path += "M" + point(slot, slot.least) + "L" + point(slot, slot.most);
    }
    return html("<path class=\"band\" d=\"{}\"/>\n", path);
  }

 private:
  bool begins(std::size_t i) const {
    return i == 0 || slots_[i].at_ms / kSlotMs > slots_[i - 1].at_ms / kSlotMs + 3;
  }
  std::string point(const Slot& slot, double value) const {
    const std::int64_t age = std::clamp<std::int64_t>(now_slot_ - slot.at_ms / kSlotMs, 0, 288);
    return fmt::format("{} {:.1f}", 288 - age, kHeight - (top_ > 0 ? value / top_ : 0.0) * (kHeight - 2) - 1);
  }

  const std::vector<Slot>& slots_;
  std::int64_t now_slot_;
  double top_ = 0;
};

Html chart(std::string_view name, const std::vector<Slot>& slots, std::int64_t now_ms) {
  const double least = std::ranges::min(slots, {}, &Slot::least).least;
  const double most = std::ranges::max(slots, {}, &Slot::most).most;
  const std::string words = "last " + with_unit(name, slots.back().mean) + ", in 24 hours " +
                            with_unit(name, least) + " to " + with_unit(name, most);
  const Plot plot(slots, now_ms);
  return html(
      "<figure>\n<svg class=\"chart\" viewBox=\"0 0 290 40\" preserveAspectRatio=\"none\" role=\"img\" "
      "aria-label=\"{}: {}\">\n{}{}</svg>\n<figcaption>{}: {}</figcaption>\n</figure>\n",
      label_of(name), words, plot.band(), plot.line(), label_of(name), words);
}

}  // namespace

std::string_view sign_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::healthy:
      return "✓";
    case Verdict::degraded:
      return "!";
    case Verdict::broken:
      return "✗";
    case Verdict::unknown:
      return "?";
  }
  return "?";
}

Html verdict_mark(Verdict verdict) {
  return html("<span class=\"verdict v-{}\">{} {}</span>", name_of(verdict), sign_of(verdict),
              name_of(verdict));
}

std::string title_for(const Site& site, const std::string& finding, const std::string& title) {
  if (!site.open) return title;
  const FindingEntry* entry = find_finding(finding);
  return entry == nullptr ? finding : std::string(entry->definition->title);
}

Html timings_section(const Past& past, std::int64_t now_ms) {
  Html charts;
  for (const auto& [name, slots] : past.readings) {
    if (!slots.empty()) charts += chart(name, slots, now_ms);
  }
  if (charts.empty()) return {};
  return html(
      "<section aria-labelledby=\"timings\">\n<h2 id=\"timings\">Timings</h2>\n<div "
      "class=\"charts\">\n{}</div>\n"
      "</section>\n",
      charts);
}

}  // namespace lkdoctor::serve
