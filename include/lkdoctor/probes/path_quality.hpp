// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/clock.hpp>
#include <lkdoctor/json.hpp>
#include <optional>

namespace lkdoctor::probes {

/// Round trips of ICE checks on the nominated pair, sent one after the other.
struct PathQuality {
  int sent = 0, answered = 0;
  std::optional<Microseconds> rtt;  ///< median
  int sent_until_last_answer = 0;
  std::optional<Microseconds> last_answer_after;  ///< since the first was sent
  int answered_before = 0;                        ///< by the same flow, before the measurement
  Microseconds lasted{0};
  std::optional<double> loss_ratio() const;
  /// Answers came, and then none of many more: no loss that comes and goes.
  bool was_cut() const;
  /// Small packets are lost now and then: what is missing says nothing of sizes or of who should answer.
  bool is_lossy() const;
  /// Lossy, and not cut, as far as many packets tell.
  bool comes_and_goes() const;
};
LKDOCTOR_JSON(PathQuality, sent, answered, rtt, sent_until_last_answer, last_answer_after, answered_before,
              lasted)

/// Whether `after` packets in a row would all be lost where before them `arrived` of `of` came.
bool is_cut(int arrived, int of, int after);
/// Whether a loss of `ratio` among `sent` packets is more than luck makes of less than `limit`.
bool is_surely_above(double limit, double ratio, int sent);

}  // namespace lkdoctor::probes
