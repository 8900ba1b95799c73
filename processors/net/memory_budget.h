// What many of a kind may take together: all request bodies of a server, all its streams.
// Thread-safe; a Claim belongs to one thread at a time and goes back when it is destroyed. The
// budget outlives its claims.
#pragma once

#include <atomic>
#include <cassert>
#include <cstddef>

namespace weir::net {

class MemoryBudget {
 public:
  explicit MemoryBudget(std::size_t limit_bytes) : limit_(limit_bytes) {}

  class Claim {
   public:
    explicit Claim(MemoryBudget& memory) : memory_(memory) {}
    ~Claim() { release(); }
    Claim(const Claim&) = delete;
    Claim& operator=(const Claim&) = delete;

    /// Claims that many bytes more. False: nothing more was claimed, the budget is used up.
    bool grow(std::size_t bytes) {
      if (memory_.used_.fetch_add(bytes) + bytes > memory_.limit_) {
        memory_.used_.fetch_sub(bytes);
        return false;
      }
      bytes_ += bytes;
      return true;
    }
    /// Gives that many of them back.
    void shrink(std::size_t bytes) {
      assert(bytes <= bytes_);
      memory_.used_.fetch_sub(bytes);
      bytes_ -= bytes;
    }
    void release() { shrink(bytes_); }

   private:
    MemoryBudget& memory_;
    std::size_t bytes_ = 0;
  };

 private:
  const std::size_t limit_;
  std::atomic<std::size_t> used_ = 0;
};

}  // namespace weir::net
