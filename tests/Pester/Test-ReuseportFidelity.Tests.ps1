BeforeAll {
    Import-Module "$PSScriptRoot/../../ReuseportPS.psd1"
    Set-ReuseportBackend Simulator -Seed 1
    Set-Content TestDrive:/broken.yaml "version: 1`npolicy: broken`notherwise: { by: magic }"
}

Describe 'Test-ReuseportFidelity' {
    It 'refuses a policy that is none before it touches the kernel' {
        { New-PacketTrace 1 -PacketsPerFlow 1 | Test-ReuseportFidelity -Policy TestDrive:/broken.yaml } |
            Should -Throw -ErrorId 'ParameterArgumentTransformationError*'
    }

    It 'refuses fewer flows than rounds before it touches the kernel' {
        { Test-ReuseportFidelity -FlowCount 10 -PolicyCount 10 } | Should -Throw -ErrorId 'TooFewFlows*'
    }
}
