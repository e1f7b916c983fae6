// SPDX-License-Identifier: EUPL-1.2
#pragma once

#include <lkdoctor/check.hpp>
#include <memory>

#include "engine/scope.hpp"
#include "engine/wire.hpp"

namespace lkdoctor::engine {

inline constexpr std::size_t kLogLine = 1000;  ///< characters of one line of a check's log

/// A job as its worker knows it. Owned by the checks that run for it: one that ignores its cancellation may
/// ask for a fact when the job is long over.
struct WorkerJob {
  JobNumber number;
  const Deployment& deployment;
  Facts facts;
};

/// What a check in the worker may do while it collects: it says everything to the engine.
class WorkerProbe final : public Probe {
 public:
  WorkerProbe(const CheckInfo& info, std::shared_ptr<WorkerJob> job, Wire& wire, Deadline deadline)
      : info_(info), job_(std::move(job)), wire_(wire), deadline_(deadline) {}
  const Deployment& deployment() const override { return job_->deployment; }
  Deadline deadline() const override { return deadline_; }
  const Facts& facts() const override { return job_->facts; }
  void log(std::string line) override;
  void phase(std::string_view name, Microseconds took) override;
  void count_request() override { say(Message::Kind::effect, "request"); }
  void count_unauthorized() override { say(Message::Kind::effect, "unauthorized"); }
  void count_join(bool new_room) override;

  JobNumber job() const noexcept { return job_->number; }

 protected:
  void publish_json(std::string_view name, Json value) override;

 private:
  void say(Message::Kind kind, std::string text) { wire_.send(message(kind, std::move(text))); }
  Message message(Message::Kind kind, std::string text) const {
    return {kind, job_->number, std::string(info_.id), std::move(text), Json(), {}};
  }

  const CheckInfo& info_;
  std::shared_ptr<WorkerJob> job_;
  Wire& wire_;
  Deadline deadline_;
  int lines_ = 0, phases_ = 0;
};

}  // namespace lkdoctor::engine
