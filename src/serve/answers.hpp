// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include "serve/board.hpp"
#include "serve/live.hpp"
#include "serve/past.hpp"
#include "serve/routes.hpp"
#include "serve/settings.hpp"

namespace lkdoctor::serve {

/// What answers are made from. Everything is asked on the loop's thread, and none of it may be empty.
struct Sources {
  std::function<std::shared_ptr<const Settings>()> settings;
  const Board* board = nullptr;                           ///< outlives the handler
  std::function<std::shared_ptr<const Block>()> program;  ///< the program's own metrics
  /// Runs the module's checks now, or waits for the run that goes on; `module` "": the target's own. Gives
  /// its metrics without the label `target`; nullptr: not possible now. Cancelled: nobody waits any more.
  std::function<boost::asio::awaitable<std::shared_ptr<const Block>>(std::string target, std::string module,
                                                                     Milliseconds patience)>
      probe;
  /// nullopt: not known now.
  std::function<boost::asio::awaitable<std::optional<std::map<std::string, Past>>>(PastQuestion)> past;
  std::function<boost::asio::awaitable<std::string>()> reload;  ///< "": taken over; else why not
  std::function<bool()> ready;
};

struct AnswersOptions {
  /// Anybody can read `/` and the API: they show verdict, time and title only, titles without values.
  bool open = false;
  std::string prober;  ///< name of this machine
  std::string version, revision;
};

/// Answers every request that `routes` know. What it shows of a target is the board's, redacted there.
Handler make_answers(Routes routes, Sources sources, std::shared_ptr<Live> live, AnswersOptions options);

/// How long a probe may take: what Prometheus gives itself for the scrape, less half a second for the way
/// back. `header`: X-Prometheus-Scrape-Timeout-Seconds; without a good one Prometheus' default is assumed.
Milliseconds patience_of(std::string_view header);

}  // namespace lkdoctor::serve
