// Exits with 0 when every temporary of a full expression with co_await is destroyed exactly once.
#include <coroutine>
#include <exception>
#include <utility>

namespace {

int alive = 0;

struct Counted {
  Counted() { ++alive; }
  Counted(const Counted&) { ++alive; }
  Counted(Counted&&) noexcept { ++alive; }
  ~Counted() { --alive; }
};

struct Options {
  Counted host;
};

class Task {
 public:
  struct promise_type {
    Task get_return_object() { return Task(std::coroutine_handle<promise_type>::from_promise(*this)); }
    std::suspend_always initial_suspend() noexcept { return {}; }
    auto final_suspend() noexcept {
      struct Resume {
        bool await_ready() const noexcept { return false; }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> self) const noexcept {
          return self.promise().caller ? self.promise().caller : std::noop_coroutine();
        }
        void await_resume() const noexcept {}
      };
      return Resume{};
    }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
    std::coroutine_handle<> caller;
  };
  explicit Task(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  ~Task() {
    if (handle_) handle_.destroy();
  }
  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller) {
    handle_.promise().caller = caller;
    return handle_;
  }
  void await_resume() const noexcept {}
  void start() { handle_.resume(); }

 private:
  std::coroutine_handle<promise_type> handle_;
};

Task with_options(Options) {
  co_return;
}

template <class Function>
Task with_function(Function) {
  co_return;
}

Task run() {
  Counted captured;
  co_await with_options(Options{.host = Counted{}});
  co_await with_options({.host = captured});
  co_await with_function([captured] { (void)captured; });
}

}  // namespace

int main() {
  {
    Task task = run();
    task.start();
  }
  return alive == 0 ? 0 : 1;
}
