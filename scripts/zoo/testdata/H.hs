{-# LANGUAGE ForeignFunctionInterface #-}
module H where
import Foreign.C.Types
f :: CInt -> CInt -> CInt
f a b = a * 1000 + b + 7
foreign export ccall f :: CInt -> CInt -> CInt
