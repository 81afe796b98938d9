import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.MethodModel;
import java.lang.instrument.ClassFileTransformer;
import java.lang.instrument.Instrumentation;
import java.security.ProtectionDomain;

/**
 * A Java agent that takes durable usage out of a ModelGate, to see what it costs; there is no
 * setting for that, and should be none. StoreWriter.settle, which hands a charge to the writer and
 * waits until it is on the disk, becomes "return true". If that method is not there any more, the
 * process ends: a run that measured something else would be worse than none.
 */
final class UsageOff {
  private static final String WRITER = "io/modelgate/infrastructure/store/StoreWriter";

  public static void premain(String arguments, Instrumentation instrumentation) {
    instrumentation.addTransformer(
        new ClassFileTransformer() {
          @Override
          public byte[] transform(
              ClassLoader loader, String name, Class<?> type, ProtectionDomain domain, byte[] bytes) {
            return WRITER.equals(name) ? withoutSettling(bytes) : null;
          }
        });
  }

  /** What a transformer throws, the JVM swallows: so it ends here. */
  private static byte[] withoutSettling(byte[] bytes) {
    try {
      ClassModel writer = ClassFile.of().parse(bytes);
      if (writer.methods().stream().filter(UsageOff::settles).count() != 1) {
        throw new IllegalStateException("no boolean settle(…) in " + WRITER + ": mend UsageOff.java");
      }
      return ClassFile.of()
          .transformClass(
              writer,
              (ClassTransform)
                  (builder, element) -> {
                    if (element instanceof MethodModel method && settles(method)) {
                      builder.withMethodBody(
                          method.methodName(),
                          method.methodType(),
                          method.flags().flagsMask(),
                          code -> code.iconst_1().ireturn());
                    } else {
                      builder.with(element);
                    }
                  });
    } catch (Throwable e) {
      System.err.println(e);
      Runtime.getRuntime().halt(3);
      throw e;
    }
  }

  private static boolean settles(MethodModel method) {
    return method.methodName().equalsString("settle")
        && method.methodType().stringValue().endsWith(")Z");
  }
}
